//! Appearance: light, dark, or as the system says.

mod view;

pub(crate) use view::Appearance;
