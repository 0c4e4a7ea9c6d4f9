//! A device that can write nothing any more: it was removed, or the account was closed.

mod view;

pub(crate) use view::OutScreen;
