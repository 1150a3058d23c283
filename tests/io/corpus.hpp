#pragma once
// Safetensors files that are right and that are wrong in one way each, with what a strict reader says of them.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace rung_test {

struct Case {
    std::string              name;
    std::string              file;
    std::vector<std::string> says;         ///< words of the message; none: the file is right
    bool                     lax = false;  ///< whether the reference implementation takes it all the same
};

/// A file of this header and data. `size`: what it says the header's size is, unless that is the truth.
inline std::string file_of(std::string const& header, std::string const& data = "",
                           std::uint64_t size = ~std::uint64_t{}) {
    if (size == ~std::uint64_t{}) size = header.size();
    std::string file(8, '\0');
    std::memcpy(file.data(), &size, 8);
    return file + header + data;
}

/// One tensor's entry.
inline std::string entry(std::string const& name, std::string const& dtype, std::string const& shape,
                         std::string const& offsets) {
    return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}";
}

inline std::vector<Case> corpus() {
    const std::string eight(8, 'x'), sixteen(16, 'x');
    const auto f32 = [](std::string const& name, std::string const& shape, std::string const& offsets) {
        return entry(name, "F32", shape, offsets);
    };
    const std::string good = f32("w", "[2]", "[0,8]");
    std::vector<Case> all;
    const auto        right = [&](std::string name, std::string file) { all.push_back({name, file, {}}); };
    const auto        wrong = [&](std::string name, std::string file, std::vector<std::string> says) {
        all.push_back({name, file, says});
    };
    const auto lax = [&](std::string name, std::string file, std::vector<std::string> says) {
        all.push_back({name, file, says, true});
    };
    // The one tensor is wrong.
    const auto tensor = [&](std::string name, std::string header, std::string data,
                            std::vector<std::string> says) {
        says.insert(says.begin(), "tensor 'w'");
        wrong(name, file_of("{" + header + "}", data), says);
    };

    right("one tensor", file_of("{" + good + "}", eight));
    right("no tensors", file_of("{}"));
    right("metadata alone", file_of(R"({"__metadata__":{"format":"pt"}})"));
    right("empty metadata", file_of(R"({"__metadata__":{},)" + good + "}", eight));
    right("metadata last", file_of("{" + good + R"(,"__metadata__":{"a":"b"}})", eight));
    right("a scalar", file_of("{" + f32("w", "[]", "[0,4]") + "}", "abcd"));
    right("an empty tensor", file_of("{" + f32("w", "[0]", "[0,0]") + "}"));
    right("empty between others",
          file_of("{" + good + "," + f32("none", "[3,0]", "[8,8]") + "," + f32("x", "[1]", "[8,12]") + "}",
                  eight + "abcd"));
    right("not in the order of offsets",
          file_of("{" + f32("b", "[2]", "[8,16]") + "," + f32("a", "[2]", "[0,8]") + "}", sixteen));
    right("padded by spaces", file_of("{" + good + "}     ", eight));
    right("white space before it", file_of(" {" + good + "}", eight));
    right("white space of all kinds after it", file_of("{" + good + "}\t\n\r ", eight));
    right("odd size of the header", file_of("{" + entry("w", "U8", "[3]", "[0,3]") + "}", "abc"));
    right("misaligned numbers",
          file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "," + f32("b", "[1]", "[1,5]") + "}", "abcde"));
    right("a name of nothing", file_of("{" + f32("", "[2]", "[0,8]") + "}", eight));
    right("a name with a path", file_of("{" + f32("../../etc/x", "[2]", "[0,8]") + "}", eight));
    right("a name with a NUL", file_of("{" + f32("a\\u0000b", "[2]", "[0,8]") + "}", eight));
    right("a name in Greek", file_of("{" + f32("\xCE\xB1\\u03b2", "[2]", "[0,8]") + "}", eight));
    right("two numbers of 4 bits", file_of("{" + entry("w", "F4", "[2]", "[0,1]") + "}", "a"));
    right("four numbers of 6 bits", file_of("{" + entry("w", "F6_E2M3", "[4]", "[0,3]") + "}", "abc"));
    right("members in another order",
          file_of(R"({"w":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}})", eight));
    {
        std::string ones = "[1";
        for (int i = 1; i < 5000; ++i) ones += ",1";
        right("a rank of 5000", file_of("{" + f32("w", ones + "]", "[0,4]") + "}", "abcd"));
    }
    for (char const* dtype : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16", "F16",
                              "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"}) {
        const std::string type = dtype;
        const int bytes = type.ends_with("64") ? 8 : type.ends_with("32") ? 4 : type.ends_with("16") ? 2 : 1;
        right("eight bytes of " + type,
              file_of("{" + entry("w", type, "[" + std::to_string(8 / bytes) + "]", "[0,8]") + "}", eight));
    }

    wrong("an empty file", "", {"got 0 bytes", "at least 8"});
    wrong("seven bytes", "1234567", {"got 7 bytes"});
    wrong("no header at all", file_of("", ""), {"header", "JSON"});
    wrong("a header past the end", file_of("{}", "", 3), {"header", "got 2 bytes, wanted 3"});
    wrong("a header past any end", file_of("{}", "", ~std::uint64_t{1}), {"header", "at most 100000000"});
    wrong("a header of 2^63 bytes", file_of("{}", "", std::uint64_t{1} << 63), {"at most 100000000"});
    wrong("a header just too large", file_of("{}", "", 100'000'001), {"got 100000001", "at most 100000000"});
    wrong("the largest header, which is not there", file_of("{}", "", 100'000'000), {"wanted 100000000"});
    wrong("not UTF-8", file_of("{" + f32("\xFF\xFE", "[2]", "[0,8]") + "}", eight), {"JSON", "byte"});
    wrong("overlong UTF-8", file_of("{" + f32("\xC0\xAF", "[2]", "[0,8]") + "}", eight), {"JSON"});
    wrong("half a surrogate pair", file_of("{" + f32("\\ud800", "[2]", "[0,8]") + "}", eight), {"JSON"});
    wrong("no JSON", file_of("hello"), {"JSON", "byte"});
    wrong("a list", file_of("[]"), {"header", "got a list, wanted an object"});
    wrong("a number", file_of("1"), {"header", "got a number, wanted an object"});
    wrong("a text", file_of("\"a\""), {"header", "got a text, wanted an object"});
    wrong("null", file_of("null"), {"header", "got null, wanted an object"});
    wrong("two objects", file_of("{}{}"), {"JSON"});
    wrong("an object that stays open", file_of("{" + good, eight), {"JSON"});
    wrong("a comma too many", file_of("{" + good + ",}", eight), {"JSON"});
    wrong("a comment", file_of("{/**/" + good + "}", eight), {"JSON"});
    wrong("padded by NULs", file_of("{" + good + "}" + std::string(4, '\0'), eight), {"NUL"});
    wrong("a byte-order mark", file_of("\xEF\xBB\xBF{" + good + "}", eight), {"byte-order mark"});
    wrong("200,000 lists in each other", file_of("{\"w\":" + std::string(200'000, '[')), {"'w'", "a list"});
    wrong("200,000 objects in each other",
          [] {
              std::string deep;
              for (int i = 0; i < 200'000; ++i) deep += "{\"dtype\":";
              return file_of(deep);
          }(),
          {"tensor 'dtype'", "an object"});

    lax("a tensor twice", file_of("{" + good + "," + good + "}", eight), {"tensor 'w'", "two of that name"});
    lax("a tensor twice, the first wrong", file_of("{" + f32("w", "[9]", "[0,36]") + "," + good + "}", eight),
        {"tensor 'w'", "two of that name"});
    lax("a metadata text twice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})"),
        {"__metadata__", "'a'", "twice"});
    lax("a member of its own",
        file_of(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", eight),
        {"tensor 'w'", "member 'x'"});
    lax("metadata null", file_of(R"({"__metadata__":null})"), {"'__metadata__'", "null"});
    wrong("metadata twice", file_of(R"({"__metadata__":{},"__metadata__":{}})"), {"'__metadata__'", "two"});
    wrong("metadata of numbers", file_of(R"({"__metadata__":{"a":1}})"),
          {"__metadata__", "'a'", "wanted a text"});
    wrong("metadata in metadata", file_of(R"({"__metadata__":{"a":{}}})"),
          {"__metadata__", "'a'", "an object"});
    wrong("metadata of lists", file_of(R"({"__metadata__":{"a":[]}})"), {"__metadata__", "'a'", "a list"});
    wrong("a list of metadata", file_of(R"({"__metadata__":[]})"), {"'__metadata__'", "a list"});

    tensor("no object", R"("w":1)", "", {});
    all.back().says = {"'w'", "got a number, wanted an object"};
    tensor("a list for an object", R"("w":[])", "", {});
    all.back().says = {"'w'", "got a list, wanted an object"};
    tensor("no dtype", R"("w":{"shape":[2],"data_offsets":[0,8]})", eight, {"dtype", "got none"});
    tensor("no shape", R"("w":{"dtype":"F32","data_offsets":[0,8]})", eight, {"shape", "got none"});
    tensor("no offsets", R"("w":{"dtype":"F32","shape":[2]})", eight, {"data_offsets"});
    tensor("no members", R"("w":{})", "", {"dtype"});
    tensor("an unknown type", entry("w", "F33", "[2]", "[0,8]"), eight, {"dtype", "'F33'"});
    tensor("a type in small letters", entry("w", "f32", "[2]", "[0,8]"), eight, {"dtype", "'f32'"});
    tensor("a number for a type", R"("w":{"dtype":5,"shape":[2],"data_offsets":[0,8]})", eight, {"'dtype'"});
    tensor("a dtype twice", R"("w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})", eight,
           {"'dtype'", "twice"});
    tensor("a shape twice", R"("w":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]})", eight,
           {"'shape'", "twice"});
    tensor("one offset", f32("w", "[2]", "[0]"), eight, {"data_offsets", "a begin and an end"});
    tensor("three offsets", f32("w", "[2]", "[0,8,8]"), eight, {"data_offsets", "a begin and an end"});
    tensor("offsets of text", f32("w", "[2]", R"(["0","8"])"), eight, {"'data_offsets'", "got a text"});
    tensor("offsets below 0", f32("w", "[2]", "[-8,0]"), eight, {"'data_offsets'", "below 0"});
    tensor("an offset of minus 0", f32("w", "[2]", "[-0,8]"), eight, {"'data_offsets'", "below 0"});
    tensor("an offset of 2^64", f32("w", "[2]", "[0,18446744073709551616]"), eight, {"18446744073709551616"});
    tensor("an offset near 2^64", f32("w", "[2]", "[0,18446744073709551615]"), eight,
           {"18446744073709551615"});
    tensor("end before begin", f32("w", "[2]", "[8,0]"), eight, {"an end before its begin, 8"});
    tensor("a dimension below 0", f32("w", "[-2]", "[0,8]"), eight, {"'shape'", "below 0"});
    tensor("two dimensions below 0", f32("w", "[-1,-2]", "[0,8]"), eight, {"'shape'", "below 0"});
    tensor("a dimension of 2.0", f32("w", "[2.0]", "[0,8]"), eight, {"'shape'", "2.0"});
    tensor("a dimension of 2e0", f32("w", "[2e0]", "[0,8]"), eight, {"'shape'", "2e0"});
    tensor("a dimension of true", f32("w", "[true]", "[0,8]"), eight, {"'shape'", "a truth value"});
    tensor("a dimension of null", f32("w", "[null]", "[0,8]"), eight, {"'shape'", "null"});
    tensor("a shape in a shape", f32("w", "[[2]]", "[0,8]"), eight, {"'shape'", "a list"});
    tensor("a shape of text", f32("w", "\"2\"", "[0,8]"), eight, {"a text"});
    tensor("a shape that is a number", f32("w", "2", "[0,8]"), eight, {"a number"});
    tensor("a dimension of 2^64", f32("w", "[18446744073709551616]", "[0,8]"), eight,
           {"18446744073709551616"});
    tensor("dimensions whose product wraps to 0", f32("w", "[4294967296,4294967296]", "[0,0]"), "",
           {"64 bits"});
    tensor("dimensions whose product wraps to 2", f32("w", "[9223372036854775809,2]", "[0,8]"), eight,
           {"64 bits"});
    tensor("bytes that wrap to 8", entry("w", "F64", "[2305843009213693953]", "[0,8]"), eight, {"64 bits"});
    tensor("bytes that wrap to 0", f32("w", "[4611686018427387904]", "[0,0]"), "", {"64 bits"});
    tensor("too few bytes for its shape", f32("w", "[3]", "[0,8]"), eight, {"got 8 bytes, wanted 12"});
    tensor("too many bytes for its shape", f32("w", "[1]", "[0,8]"), eight, {"got 8 bytes, wanted 4"});
    tensor("three numbers of 4 bits", entry("w", "F4", "[3]", "[0,2]"), "ab", {"whole number of bytes"});
    tensor("a hole at the start", f32("w", "[2]", "[8,16]"), sixteen, {"hole", "8"});
    tensor("data cut short", good, "1234567", {"got 8", "at most 7"});
    tensor("no data", good, "", {"at most 0"});

    wrong("data of nothing", file_of("{}", "x"), {"got 1 bytes after", "wanted none"});
    wrong("bytes after the last tensor", file_of("{" + good + "}", eight + "x"), {"got 1 bytes after"});
    wrong("a hole", file_of("{" + good + "," + f32("x", "[1]", "[12,16]") + "}", sixteen),
          {"tensor 'x'", "hole"});
    wrong("tensors that share all bytes", file_of("{" + good + "," + f32("x", "[2]", "[0,8]") + "}", eight),
          {"tensor 'x'", "overlap"});
    wrong("tensors that share some bytes",
          file_of("{" + good + "," + f32("x", "[2]", "[4,12]") + "}", sixteen), {"tensor 'x'", "overlap"});
    wrong("one tensor in another",
          file_of("{" + f32("w", "[4]", "[0,16]") + "," + f32("x", "[1]", "[4,8]") + "}", sixteen),
          {"tensor 'x'", "overlap"});
    return all;
}

}  // namespace rung_test
