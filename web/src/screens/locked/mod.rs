//! What stands where everything else would, while the keys are behind the app lock.

mod view;

pub(crate) use view::LockedScreen;
