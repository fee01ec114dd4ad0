#include "recording.hpp"

#include "../../plugins/recordings/csv.cpp"

using namespace hillock::test;

namespace {

void one(std::string_view bytes) { read_all<Csv>(bytes); }

std::vector<std::string> seeds() {
  std::string table = "\xEF\xBB\xBFtime_ms,\"Membrane Potential (mV)\",I [pA]\r\n";
  for (int k = 0; k < 40; ++k)
    table +=
        std::to_string(0.05 * k) + "," + std::to_string(-70 + 0.125 * k) + "," + (k % 7 == 0 ? "1e2" : "-2.5") + "\r\n";
  return {table,
          "time_ms,voltage_mV,current_pA\n0,-70,0\n1,-69,3\n2,-68,5\n3,-70,1\n",
          "# a comment\nt (s);V (V)\n0;-0,07\n0,001;-0,069\n0,002;nan\n",
          "0 -70\n0.1 -69\n0.2 -68\n",
          "-70\n-69\n-68\n",
          "sweep,time_ms,voltage_mV\n1,0,-70\n1,1,-69\n2,0,-70\n2,1,-68\n"};
}

}  // namespace

HILLOCK_FUZZ("csv", 1000)
