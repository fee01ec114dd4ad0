#pragma once
// From the tree of an experiment file to its typed structs: one method a block. Internal to experiment/.
#include <string>
#include <vector>
#include "experiment/experiment.hpp"

namespace hillock {

/// Marks a file as being read while it lives. A recording may be the run of another experiment, which may use a
/// recording: refuses, at `mentioned`, a file that is being read already, since a circle of files would never end.
class BeingRead {
 public:
  BeingRead(const std::filesystem::path& path, const Place& mentioned);
  ~BeingRead();
  BeingRead(const BeingRead&) = delete;
};

/// Puts the parts of a file in the place of each model of a comparison that is named by its file, so that dotted paths
/// reach them. What was read is appended.
void inline_models(Node& tree, std::vector<std::filesystem::path>& files);

/// Whether a length is a whole number of steps, within rounding.
bool is_multiple(double length, double step);
/// The first steps of the keys that specs stand for.
std::vector<std::string> names_of(const std::vector<OptionSpec>& specs);
/// `use` of a block that names a plugin or a built-in.
const Node& use_of(const Node& block, const std::string& what, const std::string& example);
/// Refuses a name of a case that could not be that of a file.
void check_case_name(const Node::Entry& named);
/// A data block with every default written out.
Node resolved_data(const DataBlock& data);

class ExperimentReader {
 public:
  /// Where the parts of one neuron are used.
  struct Use {
    bool recorded = false;  ///< under a recorded current: its length is the run's, its current the input
    bool makes_recording = false;
    std::string voltage_unit = "mV";
  };

  /// `read`: the files that the tree was made of.
  ExperimentReader(std::filesystem::path path, std::vector<std::filesystem::path> read)
      : path_(std::move(path)), files_(std::move(read)) {}

  /// The whole file, with its purpose.
  Experiment whole(const Node& tree) { return whole(tree, Use()); }
  Experiment whole(const Node& tree, const Use& use);
  /// The parts of one neuron.
  NeuronSpec parts(const Node& tree, const Use& use);
  /// The same with every default written out.
  static Node resolved_parts(const NeuronSpec& e);
  /// A `data` block.
  std::shared_ptr<DataBlock> data(const Node& block);
  /// A `measure` block; `otherwise`: the names of those that are taken without one. `with_data`: measures may compare.
  static std::vector<MeasureUse> measures(const Node* block, const std::vector<std::string>& otherwise, bool with_data);

 private:
  void texts(const Node& tree, Experiment& e) const;
  /// Adds the folders of `plugins` to those where plugins are looked for. Returns them as written out.
  static std::vector<Node> plugin_folders(const Node& tree);
  std::uint64_t seed(const Node& tree) const;
  ModelBlock model(const Node& block) const;
  void inputs(const Node& tree, NeuronSpec& e, const Use& use);
  /// `driven`: recorded currents come to the unit by `drive`.
  ShapeBlock shape(const Node& node, const std::string& unit, const std::string& path, bool driven);
  IntegratorBlock integrator(const Node& block) const;
  SimulateBlock simulate(const Node* block, const NeuronSpec& e, const Place& otherwise, const Use& use) const;
  void maps(const Node& tree, NeuronSpec& e, const Use& use) const;
  void conditioning(const OptionValues& values, DataBlock& data);
  void expectations(const Node* block, Experiment& e) const;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace hillock
