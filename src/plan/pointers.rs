//! Names of the places where another name's address is: they follow that name. `DW.ref.NAME` is the cell through which
//! ELF's unwind tables reach the personality routine NAME; `.refptr.NAME` the one through which MinGW's compilers reach
//! data that a DLL may define; `__imp_NAME` the one that an import is read from, or that a linker makes for what turns
//! out not to be imported.

use super::{Fate, Name, NameId, Plan, Reason, SymbolDb, tag};

const IMPORT: &[u8] = b"__imp_";

/// What such a name begins with, and why it stays where what it points to does.
const PREFIXES: [(&[u8], Reason); 3] =
    [(b"DW.ref.", Reason::Personality), (b".refptr.", Reason::Pointer), (IMPORT, Reason::Pointer)];

/// Makes each such name private where what it points to is, and keeps the others.
pub fn follow(db: &SymbolDb<'_>, plan: &mut Plan<'_>) {
    for (id, target, reason) in pointers(db) {
        let is_own = |target: NameId| matches!(plan.fate(target), Fate::Private | Fate::Local);
        let own = db.find(target).is_some_and(is_own);
        match plan.fate(id) {
            Fate::Private | Fate::Local if !own && !tag::is_tagged(target, b'.', &plan.suffixes) => {
                plan.fates[id.0 as usize] = Fate::Stays(reason);
            }
            Fate::Stays(Reason::NotDefined) if own => plan.fates[id.0 as usize] = Fate::Private,
            _ => {}
        }
    }
}

/// A linker makes the place of an address for global names only: both names are shared.
pub fn share(db: &SymbolDb<'_>, shared: &mut [bool]) {
    for (id, target, _) in pointers(db).filter(|(id, ..)| db.name(*id).definitions == 0) {
        shared[id.0 as usize] = true;
        db.find(target).into_iter().for_each(|target| shared[target.0 as usize] = true);
    }
}

/// Each such name, what it points to, and the reason to stay.
fn pointers<'p>(db: &'p SymbolDb<'_>) -> impl Iterator<Item = (NameId, &'p [u8], Reason)> {
    // `__imp_` is nothing special where there are no imports.
    let imports = db.members().iter().any(|member| member.object.can_import);
    let prefix_of = move |name: &Name<'_>| {
        let mut prefixes = PREFIXES.iter().filter(|(prefix, _)| imports || *prefix != IMPORT);
        prefixes.find(|(prefix, _)| name.bytes.starts_with(prefix))
    };
    let found = db.names_where(|name| prefix_of(name).is_some()).into_iter();
    found.filter_map(move |id| {
        let name = db.name(id);
        prefix_of(name).map(|(prefix, reason)| (id, &name.bytes[prefix.len()..], *reason))
    })
}
