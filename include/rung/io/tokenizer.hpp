#pragma once
// A vocabulary as Hugging Face's tokenizers read it: a text is split into words, the longest first, and characters; the
// begin token goes before it. What is in no alphabet is an error there as here; but a text that has "<eos>" in it has
// that token there.

#include <algorithm>
#include <string>
#include <vector>

#include "rung/data/vocab.hpp"
#include "rung/experiment/json.hpp"

namespace rung {

/// By id.
inline constexpr std::string_view special_names[Vocab::specials] = {"<pad>", "<bos>", "<eos>"};

/// tokenizer.json. Throws where a character is not ASCII: there characters are Unicode's, here they are bytes.
[[gnu::cold, gnu::noinline]] inline Json tokenizer_json(Vocab const& vocab) {
    Json                     ids, added = Json::array();
    std::vector<std::string> words;
    std::size_t              longest = 0;
    for (int id = 0; id < vocab.size(); ++id) {
        const bool        special = id < Vocab::specials;
        const std::string text    = special ? std::string(special_names[id]) : vocab.decode({id});
        for (const char c : text)
            RUNG_CHECK(static_cast<unsigned char>(c) < 0x80, "save_pretrained: alphabet; got byte ",
                       int(static_cast<unsigned char>(c)), ", wanted ASCII");
        ids.set(text, id);
        if (text.size() > 1 && !special) words.push_back(text), longest = std::max(longest, text.size());
        if (special)
            added.add(Json{}
                          .set("id", id)
                          .set("content", text)
                          .set("single_word", false)
                          .set("lstrip", false)
                          .set("rstrip", false)
                          .set("normalized", false)
                          .set("special", true));
    }
    std::string pattern;
    for (std::size_t size = longest; size > 1; --size)
        for (auto const& word : words) {
            if (word.size() != size) continue;
            for (const char c : word)
                pattern.append({'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]});
            pattern += '|';
        }
    pattern += "[\\s\\S]";

    const std::string_view begin    = special_names[Vocab::begin];
    const auto             sequence = [](std::string_view id, int type) {
        return Json{}.set("Sequence", Json{}.set("id", id).set("type_id", type));
    };
    const Json first = Json{}.set("SpecialToken", Json{}.set("id", begin).set("type_id", 0));
    return Json{}
        .set("version", "1.0")
        .set("truncation", nullptr)
        .set("padding", nullptr)
        .set("added_tokens", added)
        .set("normalizer", nullptr)
        .set("pre_tokenizer", Json{}
                                  .set("type", "Split")
                                  .set("pattern", Json{}.set("Regex", pattern))
                                  .set("behavior", "Isolated")
                                  .set("invert", false))
        .set("post_processor",
             Json{}
                 .set("type", "TemplateProcessing")
                 .set("single", Json::array().add(first).add(sequence("A", 0)))
                 .set("pair", Json::array().add(first).add(sequence("A", 0)).add(sequence("B", 1)))
                 .set("special_tokens", Json{}.set(begin, Json{}
                                                              .set("id", begin)
                                                              .set("ids", Json::array().add(Vocab::begin))
                                                              .set("tokens", Json::array().add(begin)))))
        .set("decoder", Json{}.set("type", "Fuse"))
        // No token has the name of the unknown one: a character that is unknown is an error.
        .set("model", Json{}.set("type", "WordLevel").set("vocab", ids).set("unk_token", "<unk>"));
}

/// special_tokens_map.json
[[gnu::cold, gnu::noinline]] inline Json special_tokens_json() {
    return Json{}
        .set("bos_token", special_names[Vocab::begin])
        .set("eos_token", special_names[Vocab::end])
        .set("pad_token", special_names[Vocab::pad]);
}

/// tokenizer_config.json
[[gnu::cold, gnu::noinline]] inline Json tokenizer_config_json(int context) {
    return special_tokens_json()
        .set("tokenizer_class", "PreTrainedTokenizerFast")
        .set("model_max_length", context)
        .set("clean_up_tokenization_spaces", false)
        .set("padding_side", "left")  // answers go on where prompts end
        .set("model_input_names", Json::array().add("input_ids").add("attention_mask"));
}

}  // namespace rung
