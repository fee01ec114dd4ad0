#pragma once
// What a fit knows of its result besides the numbers: which optima the starts found, what the recording determines, and
// how the loss rises beside the fitted numbers. Internal to purpose/fit/.
#include <cstdint>
#include <string>
#include <vector>
#include "purpose/fit/front.hpp"
#include "purpose/fit/search.hpp"
#include "purpose/readout.hpp"

namespace hillock {

/// How far the run and the fitted numbers are tied, at the best candidate. Places in ranges go from 0 to 1.
struct Determined {
  std::string of, unit;        ///< what moves: "the voltage", "mV"; "spikes", "ms"; "the log likelihood", ""
  double residual = 0;         ///< by how much it differs from the recording, root of the mean square
  double samples = 0;          ///< how many of them tell something new
  std::vector<double> moves;   ///< [free * n + free] mean product of how far it moves along both
  std::vector<double> rises;   ///< from the least: roots of the eigenvalues of `moves`
  std::vector<double> along;   ///< [direction * n + free] their directions, each of length 1
  std::vector<double> errors;  ///< standard error of each number, as a part of its range
  std::string why;             ///< why it is not known; else empty
};
Determined determined(const FitBlock& block, const Evaluator& evaluator, const std::vector<CaseTrace>& runs,
                      const std::vector<Target>& targets, const std::vector<double>& best);

/// The same in words, one fact a sentence.
std::vector<std::string> in_words(const FitBlock& block, const Determined& d, const std::vector<double>& best);

/// Where profiles look, in widths of a range from the fitted value.
inline constexpr double beside_fitted[] = {-0.2, -0.05, -0.01, 0.01, 0.05, 0.2};
/// The loss where one number is held beside its fitted value and the others are searched again.
struct Profile {
  std::vector<double> beside, numbers, loss;  ///< ascending; beside: in widths of the range, 0: the fitted value
  std::uint64_t evaluations = 0;
  std::string lost;  ///< why a search was lost with its process, if one was: its loss is NaN
};
/// Of each free number, by the threads of the engine.
std::vector<Profile> profiles(const FitBlock& block, const std::vector<Target>& targets, const Determined& d,
                              const Found& best, std::uint64_t seed, Engine& engine);

/// Starts that ended at one place: those nearer to its best than a fiftieth of each range. From the lowest loss.
std::vector<std::vector<std::size_t>> optima(const FitBlock& block, const std::vector<Found>& found);

Table optima_table(const FitBlock& block, const std::vector<Found>& found);
Table determined_table(const FitBlock& block, const Determined& d, const std::vector<double>& best);
/// Says also where the loss stays flat, and that the fit has not converged if a profile found a lower loss.
Table profile_table(const FitBlock& block, const std::vector<Profile>& all, double best_loss);
Figure profile_figure(const FitBlock& block, const std::vector<Profile>& all);
/// Each free number against each other: candidates that were tried, by their loss.
Figure pairs_figure(const FitBlock& block, const std::vector<Found>& found, const Found& best);
/// The candidates that starts kept, from the lowest loss, with the terms of their loss.
Sheet candidates_sheet(const FitBlock& block, const std::vector<Found>& found);

/// The front of all starts, from the lowest first loss.
std::vector<FrontPoint> front_of(const FitBlock& block, const std::vector<Found>& found);
Table front_table(const FitBlock& block, const std::vector<FrontPoint>& front, std::size_t taken);
Figure front_figure(const FitBlock& block, const std::vector<FrontPoint>& front, std::size_t taken);
Sheet front_sheet(const FitBlock& block, const std::vector<FrontPoint>& front);

}  // namespace hillock
