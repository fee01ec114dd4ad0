#pragma once
// Distances between two spike trains, as functions of the bare times: ascending, in ms. All are symmetric.
#include <cstddef>
#include <span>
#include <vector>

#include "measure/spikes.hpp"

namespace hillock {

using Train = std::span<const double>;

/// The spikes with from <= t < to, or t <= to.
Train within(Train spikes, double from_ms, double to_ms, bool to_included);

/// The spikes of a train that are in none of these parts of it.
std::vector<double> outside(Train spikes, Stretches unscored);

/// The largest number of pairs of a spike of `a` and one of `b`, at most `precision_ms` apart, each spike in one pair.
std::size_t coincidences(Train a, Train b, double precision_ms);

/// D² = (1/tau) ∫ (f − g)² dt over all times, f and g the trains under a causal exponential of height 1: one spike
/// against none is 1/2. Exact, in time proportional to the number of spikes. REQUIRES: tau_ms > 0.
double van_rossum(Train a, Train b, double tau_ms);

/// The cheapest way to change one train to the other by adding or deleting a spike (1) and moving one (cost per ms). In
/// time n log n, n the number of spikes, at any cost.
double victor_purpura(Train a, Train b, double cost_per_ms);

/// The mean over from <= t < to of |x − y| / max(x, y), x and y the lengths of the intervals of `a` and `b` around t: 0
/// for equal trains, below 1. Before the first and after the last spike the interval is the longer one of the distance
/// to the edge and the neighbouring interval; a train without spikes is one interval. REQUIRES: all spikes are in the
/// window, from < to.
double isi_distance(Train a, Train b, double from_ms, double to_ms);

/// The rate of a train under a Gaussian of this standard deviation, spikes/ms, at from, from + 1 ms, ... below to.
/// REQUIRES: sd_ms > 0.
std::vector<double> smoothed_rate(Train train, double from_ms, double to_ms, double sd_ms);
/// 2 cov(x, y)/(var(x) + var(y)), what two rates explain of each other: 1 for equal ones (Teeter et al. 2018,
/// doi:10.1038/s41467-017-02717-4). NaN if neither varies. REQUIRES: as many samples of both.
double shared_variance(std::span<const double> x, std::span<const double> y);

}  // namespace hillock
