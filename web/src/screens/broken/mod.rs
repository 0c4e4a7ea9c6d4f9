//! Nothing works: why, what that means for the data, and what to do.

mod view;

pub(crate) use view::Broken;
