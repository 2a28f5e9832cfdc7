//! Static archives as Debian ships them: downloaded and unpacked into the cache, not installed. Packages are pinned by
//! name, and what is in the cache stays as it is.
//!
//! Of a package, its archives are kept, and the identifiers that its headers and module files name: what a library's
//! headers do not name is hardly an export.

use crate::packaged::Apt;
use crate::{cached, content_hash, run_ok, tool};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str = "bookworm";

/// The list of a package's identifiers, one a line.
const IDENTIFIERS: &str = "identifiers";

/// C, C++, Fortran, OCaml, Haskell, Objective-C; every kind of maker and age; and C libraries of other machines, for
/// the other classes and byte orders.
const PACKAGES: &[&str] = &[
    "binutils-dev",
    "comerr-dev",
    "dietlibc-dev",
    "libabsl-dev",
    "libacl1-dev",
    "libaio-dev",
    "libarchive-dev",
    "libargtable2-dev",
    "libarpack2-dev",
    "libatomic-ops-dev",
    "libattr1-dev",
    "libaudit-dev",
    "libbenchmark-dev",
    "libblas-dev",
    "libblkid-dev",
    "libboost-atomic1.74-dev",
    "libboost-chrono1.74-dev",
    "libboost-container1.74-dev",
    "libboost-context1.74-dev",
    "libboost-contract1.74-dev",
    "libboost-coroutine1.74-dev",
    "libboost-date-time1.74-dev",
    "libboost-exception1.74-dev",
    "libboost-fiber1.74-dev",
    "libboost-filesystem1.74-dev",
    "libboost-iostreams1.74-dev",
    "libboost-locale1.74-dev",
    "libboost-nowide1.74-dev",
    "libboost-program-options1.74-dev",
    "libboost-random1.74-dev",
    "libboost-regex1.74-dev",
    "libboost-serialization1.74-dev",
    "libboost-stacktrace1.74-dev",
    "libboost-thread1.74-dev",
    "libboost-timer1.74-dev",
    "libboost-type-erasure1.74-dev",
    "libbsd-dev",
    "libbz2-dev",
    "libc++-14-dev",
    "libc++abi-14-dev",
    "libc6-dev",
    "libc6-dev-arm64-cross",
    "libc6-dev-armhf-cross",
    "libc6-dev-i386-cross",
    "libc6-dev-mips64el-cross",
    "libc6-dev-ppc64-cross",
    "libc6-dev-ppc64el-cross",
    "libc6-dev-riscv64-cross",
    "libc6-dev-s390x-cross",
    "libc6-dev-x32-cross",
    "libcap-dev",
    "libcfitsio-dev",
    "libconfig-dev",
    "libconfuse-dev",
    "libcriterion-dev",
    "libcunit1-dev",
    "libcurl4-openssl-dev",
    "libdaq-dev",
    "libdouble-conversion-dev",
    "libdrm-dev",
    "libdwarf-dev",
    "libeccodes-dev",
    "libedit-dev",
    "libelf-dev",
    "libev-dev",
    "libevent-dev",
    "libexpat1-dev",
    "libext2fs-dev",
    "libf2c2-dev",
    "libffi-dev",
    "libflac-dev",
    "libfontconfig-dev",
    "libfreetype-dev",
    "libfribidi-dev",
    "libfuse-dev",
    "libfuse3-dev",
    "libgc-dev",
    "libgcc-12-dev",
    "libgcc-12-dev-arm64-cross",
    "libgcc-12-dev-armhf-cross",
    "libgcc-12-dev-s390x-cross",
    "libgcrypt20-dev",
    "libgdbm-dev",
    "libgeoip-dev",
    "libgflags-dev",
    "libgfortran-12-dev",
    "libghc-random-dev",
    "libghc-unordered-containers-dev",
    "libgif-dev",
    "libglpk-dev",
    "libgmock-dev",
    "libgmp-dev",
    "libgnutls28-dev",
    "libgoogle-glog-dev",
    "libgpg-error-dev",
    "libgsl-dev",
    "libgtest-dev",
    "libhiredis-dev",
    "libhunspell-dev",
    "libiberty-dev",
    "libidn2-dev",
    "libinih-dev",
    "libisl-dev",
    "libjansson-dev",
    "libjemalloc-dev",
    "libjpeg62-turbo-dev",
    "libkeyutils-dev",
    "libklibc-dev",
    "libksba-dev",
    "liblapack-dev",
    "liblbfgs-dev",
    "libldap-dev",
    "libldns-dev",
    "libleveldb-dev",
    "liblua5.4-dev",
    "liblz4-dev",
    "liblzma-dev",
    "libmaxminddb-dev",
    "libmbedtls-dev",
    "libmd-dev",
    "libmicrohttpd-dev",
    "libminizip-dev",
    "libmpc-dev",
    "libmpfr-dev",
    "libncurses-dev",
    "libnet1-dev",
    "libnetcdff-dev",
    "libnghttp2-dev",
    "libnl-3-dev",
    "libnuma-dev",
    "libobjc-12-dev",
    "libogg-dev",
    "libopus-dev",
    "libpam0g-dev",
    "libpcre2-dev",
    "libperl-dev",
    "libpng-dev",
    "libpopt-dev",
    "libprotobuf-dev",
    "libpugixml-dev",
    "libqhull-dev",
    "libqrupdate-dev",
    "libre-ocaml-dev",
    "libre2-dev",
    "libreadline-dev",
    "libsasl2-dev",
    "libsctp-dev",
    "libseccomp-dev",
    "libselinux1-dev",
    "libsepol-dev",
    "libsnappy-dev",
    "libsodium-dev",
    "libspeex-dev",
    "libsqlite3-dev",
    "libssh2-1-dev",
    "libssl-dev",
    "libstdc++-12-dev",
    "libsubunit-dev",
    "libsuitesparse-dev",
    "libtasn1-6-dev",
    "libtcc-dev",
    "libtermkey-dev",
    "libtheora-dev",
    "libtiff-dev",
    "libtomcrypt-dev",
    "libtommath-dev",
    "libunbound-dev",
    "libunibilium-dev",
    "libunistring-dev",
    "libunwind-14-dev",
    "libunwind-dev",
    "liburing-dev",
    "libusb-1.0-0-dev",
    "libuv1-dev",
    "libvorbis-dev",
    "libvterm-dev",
    "libwebp-dev",
    "libwrap0-dev",
    "libx11-dev",
    "libxau-dev",
    "libxcb1-dev",
    "libxdmcp-dev",
    "libxext-dev",
    "libxml2-dev",
    "libxxhash-dev",
    "libyaml-cpp-dev",
    "libyaml-dev",
    "libzarith-ocaml-dev",
    "libzmq3-dev",
    "libzstd-dev",
    "musl-dev",
    "nettle-dev",
    "ss-dev",
    "uuid-dev",
    "zlib1g-dev",
];

/// One archive of a package.
#[derive(Debug, Clone)]
pub struct Packaged {
    pub package: String,
    pub path: PathBuf,
    /// What the package's headers name.
    pub identifiers: PathBuf,
}

impl Packaged {
    /// `PACKAGE/FILE`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.package, self.path.file_name().unwrap().display())
    }

    /// The identifiers that the package's headers name.
    pub fn identifiers(&self) -> BTreeSet<String> {
        fs::read_to_string(&self.identifiers).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Every `.a` of the packages, in order, each file once.
pub fn archives() -> Vec<Packaged> {
    let place = root();
    let packages = PACKAGES.iter().flat_map(|package| {
        let folder = place.join(package);
        let of_package = files(&folder).into_iter().filter(|file| is_archive(file));
        of_package.map(move |path| Packaged {
            package: (*package).to_owned(),
            path,
            identifiers: folder.join(IDENTIFIERS),
        })
    });
    packages.collect()
}

/// The one archive of `package` with this file name.
pub fn archive(package: &str, file: &str) -> Packaged {
    let mut found = archives().into_iter().filter(|one| one.package == package && one.path.ends_with(file));
    found.next().unwrap_or_else(|| panic!("the package {package} has no {file}"))
}

fn root() -> PathBuf {
    cached(&format!("corpus/{SUITE}-{}", content_hash(&[], &[SUITE, &PACKAGES.join(" "), "1"])), |draft| {
        let apt = Apt::of_suite(SUITE, None);
        let downloads = draft.join("downloads");
        fs::create_dir_all(&downloads).unwrap();
        run_ok(apt.command("apt-get").args(["--quiet", "download"]).args(PACKAGES).current_dir(&downloads));
        for file in files(&downloads) {
            let name = file.file_name().unwrap().to_str().unwrap();
            let package = name.split('_').next().unwrap();
            unpack(&file, &draft.join(package));
        }
        fs::remove_dir_all(&downloads).unwrap();
    })
}

/// Unpacks a package and keeps its archives, and what its headers name.
fn unpack(package: &Path, folder: &Path) {
    run_ok(Command::new(tool("dpkg-deb")).arg("-x").arg(package).arg(folder));
    let mut identifiers = BTreeSet::new();
    let mut archives = BTreeSet::new();
    for file in files(folder) {
        let whole = file.metadata().unwrap();
        // A hard link is the same archive under another name.
        if is_archive(&file) && archives.insert((whole.dev(), whole.ino())) {
            continue;
        }
        if file.components().any(|part| part.as_os_str() == "include") {
            let text = fs::read(&file).unwrap();
            let words = text.split(|byte| *byte != b'_' && !byte.is_ascii_alphanumeric());
            let words = words.filter(|word| word.first().is_some_and(|first| !first.is_ascii_digit()));
            identifiers.extend(words.map(|word| String::from_utf8(word.to_vec()).unwrap()));
        }
        fs::remove_file(&file).unwrap();
    }
    let lines: Vec<String> = identifiers.into_iter().collect();
    fs::write(folder.join(IDENTIFIERS), lines.join("\n")).unwrap();
}

fn is_archive(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "a")
}

/// Every regular file below, in order; links are left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            match (kind.is_dir(), kind.is_file()) {
                (true, _) => folders.push(entry.path()),
                (_, true) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
