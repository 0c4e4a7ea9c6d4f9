//! The devices of the person's account: who they are, and removing one.

mod by_words;
mod change;
mod view;

pub(crate) use by_words::DevicesByWords;
pub(crate) use view::Devices;
