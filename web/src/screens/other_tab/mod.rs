//! Another tab writes: one at a time, so that no feed is ever forked.

mod view;

pub(crate) use view::OtherTab;
