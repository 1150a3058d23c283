#pragma once
// The contents page: every public type and where it lives; functions are named in comments beside their header.
// Include it where a name is enough.

#include <cstdint>

#include "rung/backend/cpu/isa.hpp"
#include "rung/model/shape.hpp"

// clang-format off
namespace rung {

// core/: language and memory
struct Error;  // check.hpp; hash.hpp has hash_of, type_name
enum class Purpose : std::uint32_t;  // rng.hpp
class Rng;  // shuffle.hpp: shuffle, choose
template <class T> struct Mat;  // view.hpp
struct Memory;  // buffer.hpp
template <class T> class Buffer;
class Arena;
class Archive;  // archive.hpp: saved, load
class Workers;  // parallel.hpp
struct Sequences;  // sequences.hpp
struct Dropout;
template <class Real> struct CacheLayer;  // cache.hpp
struct CachePlaces;
enum class Mask;  // mask.hpp
enum class BiasBy;
template <class Real> struct Look;  // look.hpp
struct HeadGroups;

enum class bf16 : std::uint16_t;  // scalar.hpp
template <class Real> struct Packed;  // packed.hpp
struct PackedPlace;
template <class Real> class Constants;  // constants.hpp

// backend/: arithmetic on views
enum class Activation;  // activation.hpp
enum class Keep;
struct LossOptions;  // loss.hpp
struct Rotation;  // rotation.hpp
struct Chunk;  // update.hpp
struct AdamWStep;
template <class T> struct FireNet;  // fire.hpp
struct FireUnits;
namespace cpu::inline RUNG_ISA {
struct Options;  // cpu/context.hpp
template <class Precision> struct Lane;
template <class Precision> class Context;
}  // namespace cpu::inline RUNG_ISA
namespace cuda {
struct Options;  // cuda/context.hpp
template <class T> class Lane;
template <class T> class Context;
}  // namespace cuda

// task/: what to learn; Place is in task.hpp, digit_place in digits.hpp, maze_place in maze.hpp; all in tasks.hpp
struct Difficulty;  // difficulty.hpp
class Words;  // words.hpp: number_words<From, To>
struct Letters;  // letters.hpp
struct Ordinal;  // ordinal.hpp: ordinal_of_text, ordinal_of_number, ordinal_of_both
struct Example;  // task.hpp: sample, longest, correct, place_of
struct Plus;  // format.hpp: right_steps
struct Minus;
struct Times;
enum class Order;
struct LineLayout;  // OneLine<layout>, and aliases: InDollars, ZeroPadded, FilledResult, ReverseResult,
                    // ReverseOperands, Spaced, IndexHints
struct Plain;
struct Wrapped;
struct ReversedAnswer;
struct Reversed;
struct SimplifiedScratchpad;  // scratchpad.hpp
enum class Noise;
template <Noise N> struct NoisyScratchpad;
struct DetailedScratchpad;  // detailed_scratchpad.hpp
enum class Operands;  // arithmetic.hpp
enum class Judge;
template <class Problem, class Format> struct ArithmeticIn;
template <class Task> struct ByOperand;
// aliases AdditionIn, Addition, PlainAddition; SubtractionIn, Subtraction; MultiplicationIn, Multiplication
struct ChainOfThought;  // multiplication.hpp
enum class Slip;  // errors.hpp: slip_of, slip_name
template <class Function, class Format> struct FunctionIn;  // decimal.hpp
struct SineFunction;  // sine.hpp: aliases SineIn, Sine
struct SquareRootFunction;  // square_root.hpp: aliases SquareRootIn, SquareRoot
struct NaryAddition;  // each in a file of its name, as what follows
struct BinaryAddition;
struct BinaryMultiplication;
struct Popcount;
struct Copy;
struct Reverse;
struct Duplicate;
struct Sort;
struct UniqueSet;
struct OddFirst;
struct Parity;
struct Majority;
struct ModularSum;
struct PrefixSums;
struct EvenPairs;
struct CycleNavigation;
struct StackManipulation;
struct BalancedBrackets;
struct PHop;
struct CompleteGraph;  // spanning_tree.hpp
struct GridGraph;
struct Wilson;
struct PaperWalk;
struct DepthFirst;
struct MazeScore;  // maze.hpp
template <class Walk> struct MazeIn;  // aliases Maze = MazeIn<PaperWalk>, UniformMaze = MazeIn<Wilson>
template <class Walk>
struct
    GridMazeIn;  // grid_maze.hpp: aliases GridMaze = GridMazeIn<DepthFirst>, UniformGridMaze = GridMazeIn<Wilson>

template <class Task, class Rule>
struct
    Excluding;  // excluding.hpp, not in tasks.hpp, nor is common_alphabet.hpp: rules DigitAt, Pairs, Prompts
template <class... Tasks> struct CommonAlphabet;  // common_alphabet.hpp
template <class Task, class Common> struct InAlphabet;

// data/: text -> tokens -> batches: vocab_of, encode, pack
class Vocab;  // vocab.hpp
enum class Ended;  // encode.hpp
enum class Answering; enum class Opening;
struct Item;
enum class Grade;  // pack.hpp
struct Batch;
class Ragged;
class Pieces;
template <class Task> class Windows;  // windows.hpp
template <class Task> class ExampleSet;  // example_set.hpp: the alias NumberPair
template <class Task> struct Listed;  // unseen.hpp: unseen
struct BalanceOptions;  // number_pairs.hpp: carries, balanced_pairs, growing_pairs, split_table
class Permutation;  // permutation.hpp
enum class Side;  // apart.hpp: side_of
template <class Task> struct Apart;
template <class... Sources> class Mixture;  // mixture.hpp: MixtureWeights

// model/: numbers -> logits; Shape is in shape.hpp, the alias Gpt in style/gpt.hpp
struct WeightSpec;  // weights.hpp
struct Extent;
template <class Real> struct Weights;
struct NoPe;  // position/
struct Learned;
template <int Theta> struct Sinusoidal;
template <int Theta, int Percent, int Stretch, int Ntk> struct Rope;
template <class Inner, int Offset> struct Coupled;  // alias Abacus = Coupled<Learned, Offset>
template <class Inner, int Largest> struct Randomised;
enum class Phase;  // position/position.hpp
struct Alibi;
template <int Reach> struct Window;
template <int Buckets, int MostDistance> struct T5;
struct Kerple;
template <int Width, int Threshold> struct Fire;
template <class Position, Shape S, Mask M> struct ScoreBias;
struct NoInjection;  // depth/
struct AddInput;
struct ConcatInput;
struct GateInput;
template <class Real> struct Entered;
enum class Start;
template <class Depth> struct NormBetween;  // around any depth: depth/adaptors.hpp
template <class Depth> struct PassEmbedding;
template <Start From, class Depth> struct StartFrom;
template <int Layers> struct Stacked;
template <int Passes, int Layers, class Injection> struct Looped;
template <int Prelude, int Core, int Coda, int Passes, class Injection> struct PreludeCoreCoda;
template <Activation> struct Elementwise;  // layer/mlp.hpp
template <Activation> struct Gated;
template <int C, int F, class Act, bool biased> struct Mlp;
// aliases GeluMlp, ReluMlp, SquaredReluMlp, SwiGlu and GeGlu
template <int C> struct NoNorm;  // layer/norm.hpp
enum class Norms;  // style/
enum class Bias;
enum class Embeddings;
template <Bias, Embeddings> struct GptStyle;
struct Llama;
struct Run;  // tape.hpp
struct Passes;
template <class Real> struct Tape;
template <Shape S, class Position, class Depth, class Style> class Transformer;

// train/: logits -> better weights
struct WarmupCosine;  // rate.hpp
struct WarmupStableDecay;
struct Occasion;  // passes.hpp; the alias PassRule is any function of it
struct PassesByDifficulty;
struct UniformPasses;
struct PoissonPasses;
struct GrowingPasses;
struct TrainerOptions;  // trainer_options.hpp
struct StepResult;
template <class Context, class Model> class Trainer;  // trainer.hpp

// eval/: weights -> evidence: decode, evaluate, teacher_forced, inspect
struct Interval;  // score.hpp
struct Score;
struct Report;
struct DecodeOptions;  // sample.hpp
struct Answer;  // answer.hpp
struct NoExit;  // exit/exit.hpp
class AnyExit;
struct Reading;
struct Judged;
enum class Verdict;
struct AfterPasses;
template <class Rule> struct Oracle;
struct MostConfident;
struct DivergenceBelow;
struct ChangeBelow;
struct EntropyBelow; struct StableFor;
class AnswerPlaces;  // at_once.hpp
struct Thought;  // think.hpp: think, settle, answer_at_once
struct Answered;  // evaluate.hpp
struct EvaluateOptions;
struct Study;
template <class Task> class DigitScores;  // digit_scores.hpp
struct Carries;  // carry_scores.hpp: carries_of
template <class Task> class CarryScores;
template <class Task> class SlipCounts;  // slip_counts.hpp
struct StepCounts; template <class Task> class StepScores;  // step_scores.hpp
struct MazeCounts; template <class Task> class MazeScores;  // maze_scores.hpp
struct Guess;  // inspect.hpp: inspect
struct InspectedBlock;
struct Inspection;

// data/source.hpp, where examples of training come from: the concept Source
// curriculum/: evidence -> next difficulty, and which self-made labels to trust
class Uniform;  // uniform.hpp
struct GrowOptions;
class GrowWhenMastered;  // grow_when_mastered.hpp
class Weighted;  // weighted.hpp
class Staged;  // staged.hpp: a list of Stage
template <class Weight> class Shaped;  // shaped.hpp
struct CollectOptions;  // collect.hpp: collect
struct Candidate;  // filter.hpp; Needs, in policy.hpp
struct NoFilter;
struct LengthFilter;
struct ConfidenceFilter;
struct FixedLength;
struct Agreement;
struct SelfConsistency;
struct Verifier;
template <class First, class Second> struct Both;  // first | second
struct Target;  // schedule.hpp: the alias LabelSchedule, both_grow
struct Probe;
struct Turn;
struct Next;
struct InOrder;
struct AsFarAs;
struct Labeller;  // labeller.hpp: greedy_label, sampled_label, best_of, commonest_of, reworded
struct SetInfo;  // replay.hpp: the alias Replay
struct HalfNewest;
enum class Corruption;  // label_noise.hpp: the alias Corrupt
struct LabelNoise;
struct LabelCount;  // round.hpp
enum class Ruling;
struct Round;
struct Advice;  // watchdog.hpp: the alias Watchdog
struct Collapse;

// experiment/: the loop: train, self_improve, program
struct Drawn;  // lesson.hpp: draw
template <class Task, class Curriculum> class Lesson;
struct StepEvent;  // watch.hpp
struct LabelEvent;
class Watch;
class Keeper;  // keeper.hpp, with core/archive.hpp: what work that may be killed asks for
struct TrainOptions;  // train_options.hpp; train.hpp: train
enum class Control;  // climb_options.hpp
struct ClimbOptions;
struct LabelledSet;
template <class Trainer, class Task> class Climb;  // climb.hpp; self_improve.hpp: climb, self_improve
template <class Context, class Model> class Voters;  // voters.hpp: make_voters
class Climbs;  // climbs.hpp
struct Common;  // program.hpp
struct Exit;
class Flags;  // flags.hpp
class Json;  // json.hpp
class Record;  // record.hpp
class Progress;  // progress.hpp
class Figure;  // figure.hpp
class HeatMap;  // heat_map.hpp; inspection.hpp draws what eval/inspect.hpp sees
struct GridOptions;  // accuracy.hpp: curves and grids of a Report; evaluation.hpp shows what is counted
class Page;  // report.hpp; grid.hpp: evaluate_into
class Journal;  // journal.hpp
class Stages;  // stages.hpp: what a killed run goes on from; checkpoint.hpp: CheckpointFile

// io/: checkpoints that others read, and theirs; a program includes what it wants of it by itself
struct Tensor;  // tensor.hpp
struct SafetensorsView;  // safetensors_reader.hpp: parse_safetensors; safetensors.hpp: write_safetensors
class Safetensors;
enum class StockClass;  // stock_class.hpp, which models Hugging Face's classes can express
struct PretrainedOptions;  // save_pretrained.hpp: save_pretrained; load_pretrained.hpp: load_pretrained
class PretrainedTensors;
class PretrainedFlag;  // pretrained_flag.hpp

}  // namespace rung
