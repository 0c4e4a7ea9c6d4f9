//! A device that can write nothing any more: it was removed, or the account was closed.

mod view;
mod wiping;

pub(crate) use view::OutScreen;
