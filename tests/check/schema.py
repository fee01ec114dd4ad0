# Validates instances by a JSON Schema: schema.py SCHEMA INSTANCES. Both are files of JSON, the second a map from names
# to instances. Prints a line of JSON: a map from the names of those that are refused to a reason.
import json
import sys

from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    instances = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
refused = {}
for name, instance in instances.items():
    for error in validator.iter_errors(instance):
        refused[name] = f"{error.json_path}: {error.message[:300]}"
        break
print(json.dumps(refused))
