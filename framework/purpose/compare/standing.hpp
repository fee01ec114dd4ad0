#pragma once
// How the contenders of a comparison stand, and the tables and figures of it. Internal to purpose/compare/.
#include <memory>
#include <string>
#include <vector>
#include "purpose/compare/compare.hpp"
#include "purpose/fit/scores.hpp"

namespace hillock {

/// A contender on the recording.
struct Standing {
  const Contender* of = nullptr;
  std::shared_ptr<const NeuronSpec> neuron;   ///< as it is, or with the numbers of its best start; null: none was found
  std::string failed;                         ///< why none was found
  std::vector<Found> found;                   ///< by start, of a fitted one
  std::size_t best = 0;                       ///< the start of the least loss in what was fitted
  std::vector<CaseResult> trained, held_out;  ///< scores of what each start found
  Played played;                              ///< on the recordings
  CaseResult row;                             ///< its scores, in what is held out if anything is

  std::uint64_t evaluations() const;
  double seconds() const;
  /// "lif, fitted by cma_es"
  std::string shown() const;
};

/// The part of a recording that scores are of: what is held out if anything is, else what is fitted.
inline const ScoredWindow& scored_part(const Target& t) { return t.held_out ? *t.held_out : t.train; }

// --- tables ---------------------------------------------------------------------------------------------------------

/// The scores of several starts: medians, with a start that has no score as the worst.
CaseResult median_of(const std::string& name, const std::vector<CaseResult>& starts);
/// Loss of each fit in what it saw and did not see, and the first score: median and range over the starts.
Table starts_table(const std::vector<const Standing*>& ranked, const std::string& ranked_by);
/// A table for each model whose fits found numbers.
std::vector<Table> numbers_tables(const std::vector<const Standing*>& ranked);
/// Scores against recordings of one current; nothing if no current was repeated.
std::vector<Table> repeats_tables(const std::vector<Target>& targets, const std::vector<const Standing*>& ranked,
                                  const MeasureOptions& gamma);
/// Where the recordings come from.
Table recordings_table(const std::vector<Target>& targets, const DataBlock& block);
/// The passive membrane of each recording, or of the one sweep that is looked at for all.
Table passive_table(const std::vector<Target>& targets);
/// The mean of one of its numbers over the recordings that are fitted; NaN if it is not defined.
double passive_mean(const std::string& name, const std::vector<Target>& targets);
/// What a model by hand takes from it.
Table by_hand_table(const Standing& one);
/// Its numbers as measures of a row of the data, but for those that it has already; of several recordings their means.
void add_passive(CaseResult& row, const std::vector<const Passive*>& all);
/// Each time a start became better, what each start found, and with which numbers.
std::vector<Sheet> sheets_of(const std::vector<Standing>& all);

// --- figures --------------------------------------------------------------------------------------------------------

/// One recording with the best contender of each model, and the trains of all.
Figure overlay(const std::string& name, const std::string& title, std::size_t recording, const Target& target,
               const std::vector<const Standing*>& ranked);
/// Best loss against evaluations, a panel for each fitted model.
Figure convergence(const std::vector<Standing>& all);

}  // namespace hillock
