//! Registries: sections between the bounds that linkers make. Their names have 16 bytes, which leaves none for a tag.

use crate::inputs::LINKED;
use crate::{run, scratch};

/// As the crate linkme has it: each element is in a section, read from its start to its end.
const LINKME: &str = r#"
__attribute__((used, section("__DATA,__linkme"))) static int element = 1;
extern int start __asm("section$start$__DATA$__linkme"), end __asm("section$end$__DATA$__linkme");
int mx_count(void) { return &end - &start; }
"#;

/// They stay one with the host's, and the report says which.
#[test]
fn are_named() {
    for target in LINKED {
        let scratch = scratch();
        let object = std::fs::read(target.compile(scratch.folder(), "linkme.c", LINKME)).expect("read the object");
        scratch.write("lib.a", crate::inputs::archive(&[("linkme.c", object.into())]));
        let isolate = ["isolate", "--keep", "mx_*", "--tag", "T", "lib.a", "-o", "out.a"];
        let report = run(&scratch, &isolate).succeeds();
        let said = |text: &str| text.contains("[shared-registries]") && text.contains("__DATA,__linkme");
        assert!(said(&report.text()), "{}: {report}", target.arch);
        target.compile(scratch.folder(), "host.c", "int mx_count(void); int mine(void) { return mx_count(); }");
        target.link(scratch.folder(), "out.dylib", &["host.o", "out.a"]).succeeds();
        let report = run(&scratch, &[&isolate[..], &["--registries", "keep"]].concat()).succeeds();
        assert!(!report.text().contains("shared-registries"), "{}: {report}", target.arch);
    }
}
