//! The accounts of this browser, and taking one out of it.

mod leave;
mod view;

pub(crate) use leave::Leave;
pub(crate) use view::Accounts;
