//! Builds libkrun, whose workspace is somebody else's, and links what only `krun_*` is left of.

fn main() -> armend::Result<()> {
    let features = ["blk", "net"].into_iter().filter(|name| {
        let variable = format!("CARGO_FEATURE_{}", name.to_uppercase());
        std::env::var_os(variable).is_some()
    });
    armend::build_script::Staticlib::package("libkrun/krun").features(features).keep("krun_*").link()?;
    Ok(())
}
