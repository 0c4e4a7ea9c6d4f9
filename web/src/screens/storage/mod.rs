//! Storage: what lies on this device, whose it is, and whether the browser keeps it.

mod view;

pub(crate) use view::Storage;
