//! Connecting two devices when no hub is there: each person hands the other a code.

mod view;

pub(crate) use view::Connect;
