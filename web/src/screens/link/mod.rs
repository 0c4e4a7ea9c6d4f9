//! Linking a device: on the one that belongs to the account, and on the one that is new.

mod check;
mod meet;
mod refused;
mod view;

pub(crate) use refused::LinkRefused;
pub(crate) use view::{LinkDevice, LinkThis};
