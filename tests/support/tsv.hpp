#pragma once
// Golden files: tab-separated, a header line first, \n and \t escaped.

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "rung/core/check.hpp"

namespace rung_test {

using Row = std::map<std::string, std::string>;

inline std::string unescaped(std::string const& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            out += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
        } else {
            out += text[i];
        }
    }
    return out;
}

inline std::vector<std::string> cells(std::string const& line) {
    std::vector<std::string> out{""};
    for (const char c : line) {
        if (c == '\t') out.emplace_back();
        else out.back() += c;
    }
    for (auto& cell : out) cell = unescaped(cell);
    return out;
}

/// The rows of tests/golden/`name`.tsv by column name. Throws when there are none.
inline std::vector<Row> golden(std::string const& name) {
    std::ifstream            file(std::string(RUNG_GOLDEN_DIR) + "/" + name + ".tsv");
    std::string              line;
    std::vector<std::string> header;
    std::vector<Row>         rows;
    while (std::getline(file, line)) {
        if (header.empty()) {
            header = cells(line);
            continue;
        }
        const auto values = cells(line);
        RUNG_CHECK(values.size() == header.size(), "golden ", name, ": cells; got ", values.size(),
                   ", wanted ", header.size());
        for (Row& row = rows.emplace_back(); auto const& key : header) row[key] = values[row.size()];
    }
    RUNG_CHECK(!rows.empty(), "golden ", name, ": rows; got none");
    return rows;
}

}  // namespace rung_test
