//! Closing the account for good.

mod view;

pub(crate) use view::CloseAccount;
