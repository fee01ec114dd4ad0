// Finding, checking and refusing plugins.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "harness.hpp"
#include "host/symbols.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string broken_folder = broken_plugins(), shipped = shipped_plugins();

/// Why a plugin of the broken folder is refused.
std::string why(const std::string& id) {
  Plugins all({broken_folder});
  const std::string text = sentence([&] { all.load(id, 0); });
  const std::string start = fmt::format("error: plugin '{0}' is refused: '{1}/{0}.so' ", id, broken_folder);
  REQUIRE(text.starts_with(start));
  return text.substr(start.size());
}

/// Is this library in the memory of this process?
bool mapped(const fs::path& library) {
  std::ifstream maps("/proc/self/maps");
  std::stringstream text;
  text << maps.rdbuf();
  return text.str().find(library.string()) != std::string::npos;
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_SUITE("loader") {
  TEST_CASE("each broken plugin is refused with its own sentence") {
    CHECK(why("abi_1") == "was built for ABI 1, this host speaks 2: rebuild it");
    CHECK(why("abi_3") == "was built for ABI 3, this host speaks 2: it needs a newer hillock");
    CHECK(why("abi_20") == "was built for ABI 20, this host speaks 2: it needs a newer hillock");
    CHECK(why("abi_inside") == "exports 'hillock_plugin_2', but says that it was built for ABI 7");
    CHECK(why("no_plugin") == "exports no symbol 'hillock_plugin_2', which HILLOCK_MODEL and its like make: no plugin");
    CHECK(why("shares_tables") ==
          "shares 'hillock::Fields<Mine>::names' with every plugin that has one of that name: rebuild it with "
          "-fvisibility=hidden");
    CHECK(why("unresolved") == "cannot be loaded: undefined symbol: nobody_defines_this");
    CHECK(why("wrong_id") == "calls itself 'somebody_else', but its file's name says 'wrong_id': make them the same");
    CHECK(why("no_id") == "calls itself '', but its file's name says 'no_id': make them the same");
    CHECK(why("wrong_role") == "has role number 42, which this host does not know (it knows 1 to 5)");
    CHECK(why("small_identity") == "has an identity of 48 bytes, at least 56 are needed: rebuild it");
    CHECK(why("no_get") == "has no function get");
    CHECK(why("no_interface") == "says that it is a model, but offers no interface 'hillock.model/1'");
    CHECK(why("small_model") == "has an interface 'hillock.model/1' of 104 bytes, at least 112 are needed: rebuild it");
    CHECK(why("small_fields") == "has a table of state variables with rows of 32 bytes, at least 48 are needed");
    CHECK(why("no_state") == "has 0 state variables; a model has 1 to 64");
    CHECK(why("no_table") == "has no table of its parameters");
    CHECK(why("no_rhs") == "has no function rhs");
    CHECK(why("not_v") == "has the first state variable 'u', which should be the membrane potential 'v'");
    const std::string no_name = "has a parameter whose name is not made of letters, digits and '_', no digit first";
    for (const char* id : {"no_name", "param_digit", "param_dotted"}) CHECK(why(id) == no_name);
    CHECK(why("param_use") == "has a parameter 'use', but hillock itself reads that key of a model");
    CHECK(why("param_of_state") == "has a parameter 'v' beside another number of that name");
    CHECK(why("twice") == "has two parameters of the name 'tau'");
    CHECK(why("no_unit") == "gives no unit for its parameter 'tau'");
    CHECK(why("default_out_of_range") == "has the parameter 'tau' with the default 3 outside its own range [0, 2]");
    CHECK(why("preset_dotted") ==
          "has the preset 'slow.1', whose name is not made of letters, digits and '_', no digit first");
    CHECK(why("preset_out_of_range") == "has the preset 'slow' with tau = 0.01 outside its range [0.1, 1000]");
    CHECK(why("reset_without_threshold") == "has a reset, but no threshold");
    CHECK(why("half_tangent") ==
          "has an interface 'hillock.model.tangent/1' that does not cover the functions of the model");
    CHECK(why("half_locate") == "has an interface 'hillock.recording.locate/1' without its function");
    CHECK(why("wrong_option") ==
          "has the option 'order' with the default 'third', which is none of its choices first|second");
    CHECK(why("option_use") == "has the option 'use', but hillock itself reads the key 'use' there");
    CHECK(why("option_odd") == "has the option 'order.', whose name is not made of letters, digits and '_'");
    CHECK(why("option_both") == "has the option 'order.low' beside the option 'order'");
    const std::string right = ": it must be a number in 'ms', above 0";
    CHECK(why("dt_integer") == "takes fixed steps, but its option 'dt' is no number" + right);
    CHECK(why("dt_in_seconds") == "takes fixed steps, but its option 'dt' is in 's'" + right);
    CHECK(why("dt_zero") == "takes fixed steps, but its option 'dt' may be 0" + right);
  }

  TEST_CASE("a text file, a cut library and a dangling link are refused before anything of them runs") {
    const Folder folder;
    write(folder / "text.so", "no library at all\n");
    write(folder / "empty.so", "");
    fs::create_symlink(folder / "nowhere", folder / "dangling.so");
    std::ifstream whole(shipped + "/lif.so", std::ios::binary);
    std::stringstream bytes;
    bytes << whole.rdbuf();
    REQUIRE(bytes.str().size() > 10000);
    Plugins all({folder.path()});
    const auto says = [&](const std::string& id) { return sentence([&] { all.load(id, 0); }); };
    for (const std::size_t size : {4u, 20u, 64u, 2000u, 9000u})
      write(folder / fmt::format("cut_{}.so", size), bytes.str().substr(0, size));
    write(folder / "cut_by_one.so", bytes.str().substr(0, bytes.str().size() - 1));
    CHECK(says("text") ==
          fmt::format("error: plugin 'text' is refused: '{}/text.so' is no shared library", folder.path().string()));
    CHECK(says("empty") ==
          fmt::format("error: plugin 'empty' is refused: '{}/empty.so' is no shared library", folder.path().string()));
    CHECK(says("dangling") ==
          fmt::format("error: plugin 'dangling' is refused: '{}/dangling.so' cannot be read: No such file or directory",
                      folder.path().string()));
    for (const std::string id : {"cut_4", "cut_20", "cut_64", "cut_2000", "cut_9000", "cut_by_one"})
      CHECK(says(id) ==
            fmt::format("error: plugin '{0}' is refused: '{1}/{0}.so' is a damaged shared library, perhaps cut short",
                        id, folder.path().string()));
  }

  TEST_CASE("symbols are read from any bytes without harm") {
    const Folder folder;
    std::ifstream whole(shipped + "/lif.so", std::ios::binary);
    std::stringstream bytes;
    bytes << whole.rdbuf();
    Dice dice(1);
    for (int i = 0; i < 300; ++i) {
      std::string spoiled = bytes.str();
      // the header, the table of segments and the table of sections at the end are what is read
      for (int k = 0; k < 20; ++k) {
        const std::size_t at = dice.below(3) == 0 ? spoiled.size() - 1 - dice.below(2000) : dice.below(600);
        spoiled[at] = static_cast<char>(dice.below(256));
      }
      write(folder / "spoiled.so", spoiled);
      try {
        exported_symbols(folder / "spoiled.so");
      } catch (const std::runtime_error& e) { CHECK_FALSE(std::string(e.what()).empty()); }
    }
  }

  TEST_CASE("a name nobody has is answered with the nearest one") {
    Plugins all({shipped});
    CHECK(sentence([&] { all.load("izhikevic", HK_ROLE_MODEL); }) ==
          "error: there is no model 'izhikevic' - did you mean 'izhikevich'?");
    CHECK(sentence([&] { all.load("fitzhugh_nagum", HK_ROLE_MODEL); }) ==
          "error: there is no model 'fitzhugh_nagum' - did you mean 'fitzhugh_nagumo'?");
    const std::string known = sentence([&] { all.load("backpropagation", HK_ROLE_INTEGRATOR); });
    CHECK(known.starts_with("error: there is no integrator 'backpropagation' - known: "));
    CHECK(known.find("euler") != std::string::npos);
    CHECK(known.find("izhikevich") == std::string::npos);
    CHECK(sentence([] { Plugins({"/nonexistent"}).load("lif", 0); }) ==
          "error: there is no plugin 'lif' - there are no plugins in '/nonexistent'");
  }

  TEST_CASE("a plugin of another role is refused, at the place that named it") {
    Plugins all({shipped});
    const auto source = std::make_shared<Source>(Source{"a.yaml", {"model: {use: euler}"}, "."});
    CHECK(sentence([&] {
            all.load("euler", HK_ROLE_MODEL, {source, 1, 14, 5});
          }) ==
          "a.yaml:1:14: error: 'euler' is an integrator, not a model\n   1 | model: {use: euler}\n     |              "
          "^~~~~");
    CHECK(sentence([&] { all.load("euler", HK_ROLE_INTEGRATOR).model(); }) ==
          "error: 'euler' is an integrator, not a model");
  }

  TEST_CASE("what the user named wrongly ends with status 2, a refused file with status 3") {
    const auto status = [](const fs::path& folder, const std::string& id, std::uint32_t role) {
      Plugins all({folder});
      try {
        all.load(id, role);
      } catch (const Error& e) { return e.status(); }
      return Exit::good;
    };
    CHECK(status(shipped, "nobody", 0) == Exit::bad_input);
    CHECK(status(shipped, "lif", HK_ROLE_OPTIMIZER) == Exit::bad_input);
    CHECK(status(broken_folder, "abi_3", 0) == Exit::run_failed);
    CHECK(status(shipped, "lif", HK_ROLE_MODEL) == Exit::good);
  }

  TEST_CASE("two files of one name are refused with both paths, the others stay usable") {
    const Folder folder;
    for (const std::string sub : {"a", "b"}) {
      fs::create_directory(folder / sub);
      fs::copy(shipped + "/lif.so", folder / sub);
    }
    fs::copy(shipped + "/euler.so", folder / "b");
    Plugins all({folder / "a", folder / "b"});
    CHECK(sentence([&] { all.load("lif", HK_ROLE_MODEL); }) ==
          fmt::format("error: two plugins have the name 'lif': '{0}/a/lif.so' and '{0}/b/lif.so' - remove one, or take "
                      "its folder out of HILLOCK_PLUGIN_PATH",
                      folder.path().string()));
    CHECK(all.load("euler", HK_ROLE_INTEGRATOR).id == "euler");
    std::vector<Refused> refused;
    const auto loaded = all.load_all(&refused);
    REQUIRE(loaded.size() == 1);
    CHECK(loaded[0]->id == "euler");
    REQUIRE(refused.size() == 2);
    CHECK(refused[0].path == folder / "a/lif.so");
    CHECK(refused[0].why == fmt::format("has the name of '{}/b/lif.so'", folder.path().string()));
  }

  TEST_CASE("one file reached twice is one plugin") {
    const Folder folder;
    fs::create_directory(folder / "links");
    fs::create_symlink(shipped + "/lif.so", folder / "links/lif.so");
    fs::create_directory_symlink(shipped, folder / "folder");
    Plugins all({shipped, folder / "links", folder / "folder", shipped + "/../plugins"});
    CHECK(all.load("lif", HK_ROLE_MODEL).id == "lif");
    std::vector<Refused> refused;
    all.load_all(&refused);
    CHECK(refused.empty());
  }

  TEST_CASE("a link of another name is not another plugin") {
    const Folder folder;
    fs::create_symlink(shipped + "/lif.so", folder / "leaky.so");
    Plugins all({folder.path()});
    CHECK(sentence([&] { all.load("leaky", 0); }) ==
          fmt::format(
              "error: plugin 'leaky' is refused: '{}/leaky.so' calls itself 'lif', but its file's name says 'leaky': "
              "make them the same",
              folder.path().string()));
  }

  TEST_CASE("an alias finds the plugin that exports it") {
    Plugins all({shipped});
    CHECK(all.load("fitzhugh_nagumo", HK_ROLE_MODEL).id == "nagumo");
    CHECK(&all.load("fitzhugh_nagumo", 0) == &all.load("nagumo", 0));
    const auto ids = all.ids();
    CHECK(std::find(ids.begin(), ids.end(), "fitzhugh_nagumo") == ids.end());
    CHECK(std::is_sorted(ids.begin(), ids.end()));
  }

  TEST_CASE("an alias of two plugins is refused with both paths") {
    const Folder folder;
    fs::copy(shipped + "/nagumo.so", folder / "nagumo.so");
    fs::copy(shipped + "/nagumo.so", folder / "nagumo_copy.so");
    Plugins all({folder.path()});
    CHECK(sentence([&] { all.load("fitzhugh_nagumo", 0); }) ==
          fmt::format("error: two plugins have the name 'fitzhugh_nagumo': '{0}/nagumo.so' and '{0}/nagumo_copy.so' - "
                      "remove one, or take its folder out of HILLOCK_PLUGIN_PATH",
                      folder.path().string()));
  }

  TEST_CASE("only what is asked for is opened, even where an alias is looked for") {
    const Folder folder;  // copies, which no other test has opened
    for (const std::string id : {"nagumo", "izhikevich", "rk4"}) fs::copy(shipped + "/" + id + ".so", folder.path());
    Plugins all({folder.path()});
    CHECK(all.ids() == std::vector<std::string>{"izhikevich", "nagumo", "rk4"});
    CHECK_FALSE(mapped(folder / "nagumo.so"));
    all.load("fitzhugh_nagumo", HK_ROLE_MODEL);
    CHECK(mapped(folder / "nagumo.so"));
    CHECK_FALSE(mapped(folder / "izhikevich.so"));
    CHECK_FALSE(mapped(folder / "rk4.so"));
  }

  TEST_CASE("a stripped plugin loads") {
    const Folder folder;
    fs::copy(shipped + "/nagumo.so", folder / "nagumo.so");
    const std::string command = "strip '" + (folder / "nagumo.so").string() + "'";
    if (std::system("strip --version > /dev/null 2>&1") != 0) return skip("strip is not installed");
    REQUIRE(std::system(command.c_str()) == 0);
    Plugins all({folder.path()});
    CHECK(all.load("fitzhugh_nagumo", HK_ROLE_MODEL).id == "nagumo");
  }

  TEST_CASE("refused plugins leave the others usable") {
    Plugins all({broken_folder, shipped});
    CHECK_THROWS_AS(all.load("abi_1", 0), Error);
    CHECK_THROWS_AS(all.load("abi_1", 0), Error);
    CHECK(all.load("lif", HK_ROLE_MODEL).model().n_state == 1);
    std::vector<Refused> refused;
    const auto loaded = all.load_all(&refused);
    CHECK(refused.size() >= 25);
    CHECK(std::is_sorted(loaded.begin(), loaded.end(), [](const Plugin* a, const Plugin* b) {
      return a->role != b->role ? a->role < b->role : a->id < b->id;
    }));
  }

  TEST_CASE("the path of plugins names folders that exist, and never the current one by itself") {
    const Folder folder;
    fs::copy(shipped + "/lif.so", folder / "lif.so");
    fs::copy(shipped + "/lif.so", folder / "leaky.so");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    ::setenv("HILLOCK_PLUGIN_PATH", "/no/such/folder:", 1);
    CHECK(sentence([] { Plugins::instance(); }) ==
          "error: HILLOCK_PLUGIN_PATH names '/no/such/folder', which is no folder");
    ::setenv("HILLOCK_PLUGIN_PATH", (":" + broken_folder + "::").c_str(), 1);
    const auto ids = Plugins::instance().ids();
    CHECK(std::find(ids.begin(), ids.end(), "abi_1") != ids.end());
    CHECK(std::find(ids.begin(), ids.end(), "leaky") == ids.end());
    ::unsetenv("HILLOCK_PLUGIN_PATH");
    fs::current_path(before);
  }

  TEST_CASE("what a plugin says of itself is at hand") {
    const Plugin& lif = plugins().load("lif", HK_ROLE_MODEL);
    CHECK(lif.version == "1.0.0");
    CHECK(lif.cite == "doi:10.1007/s00422-007-0190-0");
    CHECK_FALSE(lif.meaning.empty());
    CHECK(lif.path == fs::path(shipped) / "lif.so");
    CHECK(lif.get("hillock.no_such_interface/1") == nullptr);
    CHECK(role_name(HK_ROLE_RECORDING) == "recording");
    CHECK(role_name(9) == "");
    CHECK(role_of("forecaster") == HK_ROLE_FORECASTER);
    CHECK(role_of("Forecaster") == 0);
  }
}
