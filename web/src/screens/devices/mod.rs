//! The devices of the person's account: who they are, and removing one.

mod change;
mod view;

pub(crate) use view::Devices;
