//! A place that does not exist.

mod view;

pub(crate) use view::Lost;
