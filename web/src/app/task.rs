//! Small pieces of waiting that belong to the page: an answer, a camera, a picture.

use std::future::Future;

use futures_util::future::abortable;
use leptos::prelude::on_cleanup;
use wasm_bindgen_futures::spawn_local;

/// Runs a piece of waiting to its end, whatever becomes of the screen that began it. For what must
/// not be left half done. Such a piece touches nothing that a screen owns, or only by `try_…`.
#[expect(clippy::disallowed_methods, reason = "the one place where screens spawn")]
pub(crate) fn run(future: impl Future<Output = ()> + 'static) {
    spawn_local(future);
}

/// Runs a piece of waiting that ends with the screen that began it.
pub(crate) fn run_while_shown(future: impl Future<Output = ()> + 'static) {
    let (future, abort) = abortable(future);
    on_cleanup(move || abort.abort());
    run(async move {
        // Aborted means that nobody waits for it any more.
        future.await.unwrap_or_default();
    });
}
