#pragma once
// What a model wrote after a prompt.

#include <string>
#include <vector>

namespace rung {

struct Answer {
    std::string text;
    bool        ended       = false;  ///< by its own end token, not by the limit
    int         tokens      = 0;      ///< new tokens, the end among them
    double      confidence  = 1;  ///< probability the model gives to this answer, the product over its tokens
    std::vector<int> passes = {};  ///< of a loop after which each token was chosen, where a rule decided
};

}  // namespace rung
