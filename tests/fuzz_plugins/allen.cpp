// Answers of the Allen Cell Types Database to the query for a specimen: a link on its server, or none with a sentence.
#include "plugin.hpp"

#include "../../plugins/recordings/allen.cpp"

#include "fuzz/fuzz.hpp"

using namespace hillock::test;

namespace {

void one(std::string_view bytes) {
  if (bytes.size() > largest_answer) return;
  try {
    if (!link_in(std::string(bytes), "484635029").starts_with('/')) throw Broken("a link to another server");
  } catch (const NotFetched& e) { check_sentence(e.what()); } catch (const BadInput& e) {
    check_sentence(e.what());
  }
}

std::vector<std::string> seeds() {
  const std::string file = R"({"download_link": "/api/v2/well_known_file_download/491198851", "id": 491198851,
    "path": "/external/484635029_ephys.nwb", "well_known_file_type": {"id": 475137571, "name": "NWBDownload"}})";
  const std::string before = R"({"success": true, "id": 0, "start_row": 0, "num_rows": 1, "total_rows": 1, "msg": [)";
  return {before + R"({"id": 484635029, "ephys_result": {"id": 1, "well_known_files": [)" + file + "]}}]}",
          before + R"({"id": 484635029, "name": "a \"[{\\ b", "ephys_result": {"well_known_files": []}}]})",
          before + R"({"id": 484635029}]})",
          R"({"success": true, "id": 0, "start_row": 0, "num_rows": 0, "total_rows": 0, "msg": []})",
          R"({"success": false, "id": 0, "num_rows": 0, "msg": "no such column: [\u00e9\ud83d\ude00]"})",
          std::string(70, '[') + std::string(70, ']')};
}

}  // namespace

HILLOCK_FUZZ("answers of the Allen Cell Types Database", 2000)
