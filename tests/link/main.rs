//! Real archives in real programs: what links and runs before and after `armend isolate`.
use armend_test_support::*;
#[test]
fn probe() {
    let d = tempfile::tempdir().unwrap();
    for f in [Lto::Off, Lto::Thin, Lto::Fat] {
        let a = Staticlib { lto: f, ..Staticlib::foreign() }.build();
        for h in [Lto::Off, Lto::Thin, Lto::Fat] {
            for l in Linker::ALL {
                let link = Host { lto: h, ..Host::plain() }.link(l, &a, &d.path().join("p"));
                let dup = link.duplicates();
                eprintln!("=== foreign {} host {} {}: {} {:?} {}", f.name(), h.name(), l.name(), link.outcome.success(), dup.iter().take(6).collect::<Vec<_>>(), dup.len());
                if link.outcome.success() {
                    let o = run_program(link.program(), &["a", "b"]);
                    eprintln!("{} {}", o.status, o.stdout.lines().filter(|l| l.contains("inventory") || l.contains("linkme")).collect::<Vec<_>>().join("\n"));
                }
            }
        }
    }
}
