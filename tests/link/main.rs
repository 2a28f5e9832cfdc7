//! Real archives in real programs: what links and runs before and after `armend isolate`.
use armend_test_support::*;
#[test]
fn probe() {
    let d = tempfile::tempdir().unwrap();
        let a = Staticlib { toolchain: Toolchain::Debian1_63, features: &["old-std"], ..Staticlib::foreign() }.build();
        let b = Staticlib { toolchain: Toolchain::Debian1_78, features: &["second"], ..Staticlib::foreign() }.build();
    eprintln!("{a:?} {b:?}");
}
