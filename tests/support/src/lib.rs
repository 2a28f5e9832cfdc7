//! What armend's integration tests share: finding tools, unpacking toolchains, building and caching inputs.
