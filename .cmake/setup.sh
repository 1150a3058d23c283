# shellcheck shell=bash
# What the three run.sh scripts share: `need` installs what is missing, `configure` and `build` do what they say.
# Everything here talks on stderr; stdout belongs to the program that is run. RUNG_BUILD names another build folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${RUNG_BUILD:-$root/build}
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf 'rung: %s\n' "$*" >&2; }

# Sets CXX to the first compiler that is new enough, unless the user has chosen one.
find_compiler() {
    [ -z "${CXX:-}" ] || return 0
    local candidate version
    for candidate in g++ g++-15 g++-14 g++-13 g++-12; do
        version=$("$candidate" -dumpversion 2>/dev/null) || continue
        if [ "${version%%.*}" -ge 12 ]; then export CXX=$candidate; return 0; fi
    done
    return 1
}

# True if the file that CMake's find_package(NAME) looks for is in one of the usual places.
has_package() {
    local prefix
    for prefix in /usr /usr/local ${CMAKE_PREFIX_PATH:+${CMAKE_PREFIX_PATH//[:;]/ }}; do
        compgen -G "$prefix/lib*/cmake/$1/$1Config.cmake" || compgen -G "$prefix/lib/*/cmake/$1/$1Config.cmake" ||
            compgen -G "$prefix/share/*/cmake/$1Config.cmake" || compgen -G "$prefix/share/cmake/$1/$1Config.cmake" || continue
        return 0
    done >/dev/null
    return 1
}

# The Debian names of what is not here yet, of the tools and of the libraries given as arguments.
missing() {
    local library
    if ! find_compiler; then
        if command -v g++ >/dev/null; then echo g++-12; else echo g++; fi  # Ubuntu 22.04's g++ is 11
    fi
    command -v cmake >/dev/null || echo cmake
    command -v ninja >/dev/null || command -v make >/dev/null || echo make
    for library; do
        case $library in
            Eigen3) has_package Eigen3 || echo libeigen3-dev ;;
            doctest) has_package doctest || echo doctest-dev ;;
            benchmark) has_package benchmark || echo libbenchmark-dev ;;
            nlohmann_json) has_package nlohmann_json || echo nlohmann-json3-dev ;;
        esac
    done
}

apt_install() {
    local apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
    [ "$(id -u)" = 0 ] || apt="sudo -n $apt"
    $apt install -y --no-install-recommends "$@" >/dev/null 2>&1 ||  # a fresh machine has no package lists yet
        { $apt update && $apt install -y --no-install-recommends "$@"; } >&2
}

# need LIBRARY...: makes sure of compiler, CMake, a make and the libraries, or says what to install and stops.
need() {
    local packages
    for _ in 1 2; do  # twice: the first g++ of an older Ubuntu turns out to be too old
        packages=$(missing "$@" | tr '\n' ' ')
        [ -n "$packages" ] || { find_compiler; return 0; }
        if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; }; then break; fi
        say "installing $packages"
        # shellcheck disable=SC2086  # one word per package
        apt_install $packages || break
    done
    packages=$(missing "$@" | tr '\n' ' ')
    [ -n "$packages" ] || { find_compiler; return 0; }
    say "these packages are missing; install them and run this again:"
    say "    sudo apt-get install ${packages% }"
    return 1
}

# configure PART...: turns on the named parts (TESTS, EXAMPLES, BENCHMARKS) of the build and leaves the others as they are.
configure() {
    local part options=()
    if [ ! -e "$build/CMakeCache.txt" ]; then
        options+=(-DRUNG_TESTS=OFF -DRUNG_EXAMPLES=OFF -DRUNG_BENCHMARKS=OFF)
        if command -v ninja >/dev/null; then options+=(-G Ninja); fi
    fi
    for part; do options+=("-DRUNG_$part=ON"); done
    cmake -S "$root" -B "$build" "${options[@]}" >&2
}

# Says what takes so long before the first target that needs the code for GPUs.
tell_of_cuda() {
    case " $* " in *' show '*|*' gather '*|*' replay '*) return 0 ;; esac
    if [ ! -e "$build/librung_cuda.a" ] && grep -q '^RUNG_CUDA:BOOL=ON' "$build/CMakeCache.txt" &&
        grep -q '^CMAKE_CUDA_COMPILER:' "$build/CMakeCache.txt"; then
        say "the code for GPUs is compiled first, once, for minutes (without it: cmake -B ${build#"$PWD"/} -DRUNG_CUDA=OFF)"
    fi
}

build() { tell_of_cuda "$@"; cmake --build "$build" --parallel "$jobs" --target "$@" >&2; }
