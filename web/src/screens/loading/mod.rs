//! Start: what was kept is being read.

mod view;

pub(crate) use view::Loading;
