//! A crate that libkrun and its host both use, as they might from crates.io: whoever has a device registers it here.

/// A device.
pub struct Device {
    pub name: &'static str,
}

inventory::collect!(Device);

/// The names of all devices, sorted.
pub fn devices() -> Vec<&'static str> {
    let mut names: Vec<_> = inventory::iter::<Device>.into_iter().map(|device| device.name).collect();
    names.sort_unstable();
    names
}
