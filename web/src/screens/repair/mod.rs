//! Repair: the store is not what it was when this device last wrote.

mod view;

pub(crate) use view::Repair;
