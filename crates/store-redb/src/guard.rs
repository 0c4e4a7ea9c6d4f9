//! A fence around redb, which trusts the pages of its file and panics on some damaged ones.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use effigy_store::StoreError;

/// Does something with redb; a panic becomes [`StoreError::Damaged`].
///
/// Whatever redb object the action used is in an unknown state after that and must be dropped,
/// inside of another guard.
pub(crate) fn guarded<T>(action: impl FnOnce() -> T) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        StoreError::Damaged(Box::new(Panicked(message.unwrap_or("no message").to_owned())))
    })
}

/// What redb could not make sense of.
#[derive(Debug)]
struct Panicked(String);

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redb stopped on a damaged page: {}", self.0)
    }
}

impl std::error::Error for Panicked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_keeps_its_message() {
        let error = guarded(|| panic!("page {}", 7)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "redb stopped on a damaged page: page 7");
        assert_eq!(guarded(|| 7).unwrap(), 7);
    }
}
