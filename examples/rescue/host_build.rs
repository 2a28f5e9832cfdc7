//! Links `libforeign.a` from the folder that the example names.

fn main() {
    println!("cargo::rerun-if-env-changed=FOREIGN_DIR");
    let folder = std::env::var("FOREIGN_DIR").expect("FOREIGN_DIR names the archive's folder");
    println!("cargo::rerun-if-changed={folder}/libforeign.a");
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static=foreign");
}
