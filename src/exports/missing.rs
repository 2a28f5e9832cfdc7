//! Why a name is not there, as far as the archives can tell.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::error::{Result, printable};
use crate::input::ParsedArchive;
use crate::mangling;
use crate::object::symbol::Bytecode;
use crate::origin::{self, Origin};
use crate::parallel;
use crate::plan::{self, MemberSymbols, SymbolDb, tag};
use crate::report::text::some;

/// What is said of a name that nothing in the archives explains.
pub(super) const ABSENT: &str = "nothing here defines it or refers to it";

/// What can be said of each name that nothing defines.
///
/// # Errors
/// Malformed, with file, member and offset.
pub(super) fn reasons<'n>(
    parsed: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    names: &HashSet<&'n [u8]>,
) -> Result<HashMap<&'n [u8], Vec<String>>> {
    let mut reasons = HashMap::new();
    if names.is_empty() {
        return Ok(reasons);
    }
    let mut disguised = disguises(parsed, db, names)?;
    let slim = db.members().iter().find(|member| member.object.bytecode == Some(Bytecode::GccSlim));
    let slim = slim.map(|member| {
        let label = parsed[member.archive].member_label(member.position);
        format!("{label} is GCC's bytecode alone, of which nothing is known: build it with -ffat-lto-objects")
    });
    for &name in names.iter().collect::<BTreeSet<_>>() {
        let mut said: Vec<String> = disguised.remove(name).unwrap_or_default().into_iter().collect();
        said.extend(underscored(db, name));
        said.extend(referred(parsed, db, name));
        if said.is_empty() {
            said.push(ABSENT.to_owned());
            let exports = plan::exports(db).map(|id| printable(db.name(id).bytes));
            let nearest = plan::nearest(exports, &printable(name));
            if !nearest.is_empty() {
                said.push(format!("similar: {}", nearest.join(", ")));
            }
        }
        said.extend(slim.clone());
        reasons.insert(name, said);
    }
    Ok(reasons)
}

/// The crates that members are from, std's aside.
pub(super) fn crates(db: &SymbolDb<'_>) -> Vec<String> {
    let crates = db.members().iter().filter_map(|member| match &member.origin {
        Origin::Crate(name) => Some(name.clone()),
        _ => None,
    });
    crates.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What is there under another name: mangled, or with a suffix of isolate's.
fn disguises<'n>(
    parsed: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    names: &HashSet<&'n [u8]>,
) -> Result<HashMap<&'n [u8], BTreeSet<String>>> {
    let members = db.members();
    let found = parallel::try_map(members.len(), |at| disguises_in(parsed, &members[at], names))?;
    let mut disguises = HashMap::new();
    for (name, what) in found.into_iter().flatten() {
        disguises.entry(name).or_insert_with(BTreeSet::new).insert(what);
    }
    Ok(disguises)
}

fn disguises_in<'n>(
    parsed: &[ParsedArchive<'_>],
    member: &MemberSymbols<'_>,
    names: &HashSet<&'n [u8]>,
) -> Result<Vec<(&'n [u8], String)>> {
    let archive = &parsed[member.archive];
    let symbols = archive.objects[member.position].all_symbols();
    let symbols = symbols.map_err(|error| archive.locate(error, member.position))?;
    let mut found = Vec::new();
    for symbol in symbols.iter().filter(|symbol| symbol.is_definition()) {
        if let Some(path) = mangling::demangle(symbol.spelling().source()) {
            // Methods are not meant, nor what the standard library calls so.
            let of_std = origin::of_symbol(symbol.spelling().source(), &member.origin).is_in_every_rust_program();
            if of_std || path.starts_with('<') {
                continue;
            }
            let last = path.rsplit("::").next().unwrap_or_default();
            if let Some(name) = names.get(last.as_bytes()) {
                found.push((*name, format!("{path} is there, mangled: #[unsafe(no_mangle)] is missing")));
            }
        } else if let Some(name) = cxx_function(symbol.name).and_then(|name| names.get(name)) {
            found.push((*name, format!("{} is there, C++'s: extern \"C\" is missing", printable(symbol.name))));
        } else if let Some(name) = tag::without_default(symbol.name, b'.').and_then(|name| names.get(name)) {
            found.push((*name, format!("isolate made it private, as {}", printable(symbol.name))));
        }
    }
    Ok(found)
}

/// The name of a C++ function outside of namespaces: Itanium C++ ABI, `_Z <length> <name> <types>`.
fn cxx_function(name: &[u8]) -> Option<&[u8]> {
    let rest = name.strip_prefix(b"_Z")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let len = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    rest[digits..].get(..len)
}

/// Another platform's habit of putting `_` in front of C's names.
fn underscored(db: &SymbolDb<'_>, name: &[u8]) -> Option<String> {
    let with = [b"_", name].concat();
    let other = [Some(&with[..]), name.strip_prefix(b"_")].into_iter().flatten();
    let mut defined = other.filter(|other| db.find(other).is_some_and(|id| db.name(id).definitions > 0));
    defined.next().map(|other| format!("{} is there", printable(other)))
}

fn referred(parsed: &[ParsedArchive<'_>], db: &SymbolDb<'_>, name: &[u8]) -> Option<String> {
    let id = db.find(name)?;
    let members = db.members().iter().filter(|member| member.names.contains(&id));
    let labels: Vec<_> = members.map(|member| parsed[member.archive].member_label(member.position)).collect();
    Some(format!("referred to, and nothing here defines it: by {}", some(&labels, 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_cxx() {
        assert_eq!(cxx_function(b"_Z6js_addii"), Some(&b"js_add"[..]));
        for name in ["_ZN2js3addEi", "_Z9js_add", "_Zjs_add", "js_add", "_Z99999999999999999999999js"] {
            assert_eq!(cxx_function(name.as_bytes()), None, "{name}");
        }
    }
}
