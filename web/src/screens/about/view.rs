//! The view of what is running.

use leptos::prelude::*;

use crate::app::task;
use crate::browser::page;
use crate::browser::version::{self, Version};
use crate::parts::Screen;

/// Version, build, licence.
#[component]
pub(crate) fn About() -> impl IntoView {
    let served = RwSignal::new(None::<Version>);
    task::run_while_shown(async move {
        served.try_set(version::fetch().await);
    });
    let fact = move |pick: fn(&Version) -> Option<String>| {
        move || {
            served
                .with(|served| served.as_ref().and_then(pick))
                .unwrap_or_else(|| "not known without a connection".to_owned())
        }
    };
    let commit =
        fact(|served| served.commit.as_ref().map(|commit| commit.chars().take(12).collect()));
    view! {
        <Screen title="About" back="#/you">
            <section class="panel">
                <p class="lead">"Effigy: posts and pictures between people, kept on their own devices."</p>
                <dl class="facts">
                    <div><dt>"Version"</dt><dd>{env!("CARGO_PKG_VERSION")}</dd></div>
                    <div><dt>"Build served here"</dt><dd>{fact(|served| Some(served.version.clone()))}</dd></div>
                    <div><dt>"Commit"</dt><dd class="key">{commit}</dd></div>
                    <div><dt>"Of"</dt><dd>{fact(|served| served.built.clone())}</dd></div>
                    <div><dt>"From"</dt><dd><bdi>{page::origin()}</bdi></dd></div>
                    <div><dt>"Licence"</dt><dd>"MIT or Apache-2.0"</dd></div>
                </dl>
            </section>
        </Screen>
    }
}
