//! Names as people read them: Rust's two manglings, and which crate a mangled name belongs to.

use std::fmt;

use rustc_demangle::try_demangle;

/// The demangled path without the hash; `None` for a name that is not Rust's.
pub fn demangle(name: &[u8]) -> Option<String> {
    let text = is_rust(name).then(|| std::str::from_utf8(name).ok())??;
    try_demangle(text).ok().map(|demangled| format!("{demangled:#}"))
}

/// What stands in a name's place for people: Rust's path, or C++'s declaration with its parameters, as `c++filt` prints
/// it. `None` for a name of neither.
pub fn readable(name: &[u8]) -> Option<String> {
    demangle(name).or_else(|| demangle_cxx(name))
}

fn demangle_cxx(name: &[u8]) -> Option<String> {
    let symbol = name.starts_with(b"_Z").then(|| cpp_demangle::Symbol::new(name).ok())??;
    let mut text = Bounded(String::new());
    symbol.structured_demangle(&mut text, &cpp_demangle::DemangleOptions::default()).ok()?;
    Some(text.0)
}

/// A text of no more than [`LONGEST`] bytes: a name can repeat parts of itself, and these again.
struct Bounded(String);

const LONGEST: usize = 1 << 16;

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Whether a compiler made this name up: the prefixes of the Itanium C++ ABI, which Rust's legacy mangling shares, of
/// Rust's v0 mangling (RFC 2603), and of Microsoft's; Microsoft's shared constants (`__real@3ff0000000000000`); what
/// stands behind a weak definition in COFF, and the place of an address.
pub fn is_mangled(name: &[u8]) -> bool {
    let made_up = [&b"_Z"[..], b"?", b"__real@", b"__xmm@", b"__ymm@", b"__zmm@", b".weak.", b".refptr."];
    made_up.iter().any(|start| name.starts_with(start)) || name.starts_with(b"_R") && demangle(name).is_some()
}

/// Legacy Rust names are C++'s but for the hash: `17h` and 16 hexadecimal digits before the last `E`.
fn is_rust(name: &[u8]) -> bool {
    let hash = |at: usize| name[..at].ends_with(b"17") && name[at + 1..].iter().take(16).all(u8::is_ascii_hexdigit);
    name.starts_with(b"_R") || name.starts_with(b"_ZN") && memchr::memchr_iter(b'h', name).any(hash)
}

/// The crates that a Rust name's path begins with: one, or for `<Type as Trait>::item` the type's and the trait's.
/// Primitive types have none. Empty for a name that is not Rust's.
pub fn rust_crates(name: &[u8]) -> Vec<String> {
    let Some(path) = demangle(name) else {
        return Vec::new();
    };
    let mut roots = vec![path.as_str()];
    roots.extend(path.starts_with('<').then(|| implemented_trait(&path)).flatten());
    roots.into_iter().filter_map(root).map(str::to_owned).collect()
}

/// `Trait` of `<Type as Trait>::item`.
fn implemented_trait(path: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in path.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !path[..at].ends_with('-') => depth -= 1,
            ' ' if depth == 1 && path[at..].starts_with(" as ") => return Some(&path[at + 4..]),
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    None
}

/// The first segment of a path, behind what a type may have in front of it.
fn root(path: &str) -> Option<&str> {
    let mut rest = path.trim_start_matches(['<', '&', '*', '(', '[']);
    while let Some(next) =
        ["mut ", "const ", "dyn ", "&", "*", "<", "[", "("].iter().find_map(|word| rest.strip_prefix(word))
    {
        rest = next;
    }
    let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
    (end > 0 && rest[end..].starts_with("::")).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_names() {
        let crates = |name: &str| rust_crates(name.as_bytes()).join(" ");
        assert_eq!(crates("_ZN4core3fmt5write17h0123456789abcdefE"), "core");
        assert_eq!(crates("_ZN4core3fmt5write17h0123456789abcdefE.llvm.123"), "core");
        assert_eq!(crates("_RNvNtCs7jErZzAxPCY_7foreign3sub4work"), "foreign");
        assert_eq!(crates("_ZN42_$LT$u64$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE"), "core");
        let with_trait =
            "_ZN66_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$foreign..thing..Trait$GT$3run17h0123456789abcdefE";
        assert_eq!(crates(with_trait), "alloc foreign");
        assert_eq!(crates("_ZN3foo3barE"), "");
        assert_eq!(crates("ZSTD_compress"), "");
    }

    #[test]
    fn names_of_cxx() {
        let readable = |name: &str| readable(name.as_bytes()).unwrap_or_default();
        assert_eq!(readable("_ZN2ns5Class3runEi"), "ns::Class::run(int)");
        assert_eq!(readable("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
        assert_eq!(readable("fx_start"), "");
        // Each argument is a pair of the one before it: twice as long every time.
        let pairs = |n: usize| {
            let pair = |at| format!("S_IS{0}_S{0}_E", char::from_digit(at as u32, 36).unwrap().to_ascii_uppercase());
            format!("_Z1f1PIiiE{}", (0..n).map(pair).collect::<String>())
        };
        assert_eq!(readable(&pairs(1)), "f(P<int, int>, P<P<int, int>, P<int, int> >)");
        assert!(readable(&pairs(9)).len() > 9000);
        assert_eq!(readable(&pairs(35)), "");
    }

    #[test]
    fn mangled_or_not() {
        assert!(
            is_mangled(b"_ZN3foo3barE") && is_mangled(b"_ZTI3Foo") && is_mangled(b"_RNvCs7jErZzAxPCY_7foreign4work")
        );
        assert!(!is_mangled(b"_Read") && !is_mangled(b"_Rotate_32") && !is_mangled(b"fx_start"));
    }
}
