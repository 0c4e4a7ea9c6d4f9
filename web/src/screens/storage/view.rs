//! The view of what lies on this device.

use effigy_net_web::fence;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, error, task};
use crate::browser::room::{self, Room};
use crate::parts::{Screen, bytes};

/// Mine, friends', free; and whether the browser keeps it.
#[component]
pub(crate) fn Storage() -> impl IntoView {
    view! {
        <Screen title="Storage" back="#/you">
            <Usage/>
            <Kept/>
        </Screen>
    }
}

/// How wide a part of the bar is, in hundredths; what is there at all can be seen.
fn share(part: u64, whole: u64) -> u64 {
    if part == 0 || whole == 0 {
        return 0;
    }
    (u128::from(part) * 100 / u128::from(whole)).clamp(1, 100).try_into().unwrap_or(100)
}

/// Removes friends' pictures. Tells how many bytes that freed.
async fn remove_pictures(model: Model, handle: Handle) -> Result<u64, NotDone> {
    handle.request(|ticket| Command::FreeSpace { ticket }).await?;
    Ok(model.freed())
}

#[component]
fn Usage() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let room = RwSignal::new(None::<Room>);
    task::run_while_shown(async move {
        room.try_set(room::estimate().await);
    });
    let mine = Memo::new(move |_| model.network().with(|network| network.storage.own));
    let others = Memo::new(move |_| model.network().with(|network| network.storage.others));
    let free = move || room.get().map(|room| room.free);
    let used = move || mine.get().saturating_add(others.get());
    let freeing = RwSignal::new(false);
    let free_space = move |_| {
        freeing.set(true);
        task::run(async move {
            match remove_pictures(model, handle).await {
                Ok(0) => model.toasts().note("There was nothing to remove."),
                Ok(freed) => model.toasts().note(format!(
                    "{} freed. What friends posted comes back when you look at it.",
                    bytes(freed)
                )),
                Err(why) => model.toasts().trouble(error::not_done(why)),
            }
            room.try_set(room::estimate().await);
            freeing.try_set(false);
        });
    };
    view! {
        <section class="panel" aria-labelledby="usage-title">
            <h2 id="usage-title">"On this device"</h2>
            <div class="bar-chart" role="img" aria-label=move || format!("Mine {}, friends {}", bytes(mine.get()), bytes(others.get()))>
                <span class="bar-mine" style:inline-size=move || format!("{}%", share(mine.get(), used()))></span>
                <span class="bar-others" style:inline-size=move || format!("{}%", share(others.get(), used()))></span>
            </div>
            <dl class="facts">
                <div><dt><span class="dot dot-mine" aria-hidden="true"></span>"Mine"</dt><dd>{move || bytes(mine.get())}</dd></div>
                <div><dt><span class="dot dot-others" aria-hidden="true"></span>"Friends"</dt><dd>{move || bytes(others.get())}</dd></div>
                <div><dt><span class="dot" aria-hidden="true"></span>"Free"</dt><dd>{move || free().map_or_else(|| "not known".to_owned(), |free| format!("about {}", bytes(free)))}</dd></div>
            </dl>
            <button class="button" type="button" disabled=freeing on:click=free_space>
                {move || if freeing.get() { "Removing what friends posted…" } else { "Free space" }}
            </button>
            <p class="hint">"Removes friends' pictures, videos and files from this device. What you posted yourself is never removed."</p>
        </section>
    }
}

#[component]
fn Kept() -> impl IntoView {
    let kept = RwSignal::new(None::<bool>);
    let asked = RwSignal::new(false);
    task::run_while_shown(async move {
        kept.try_set(room::is_kept().await);
    });
    let ask = move |_| {
        task::run(async move {
            let answer = room::ask_to_keep().await;
            kept.try_set(answer);
            asked.try_set(true);
        });
    };
    let words = move || match (kept.get(), asked.get()) {
        (Some(true), _) => "Protected: the browser does not clear Effigy's data by itself.",
        (Some(false), true) => {
            "The browser said no for now. It may agree once Effigy is installed as an app or used more often. Until then it may clear the data when the device runs out of room."
        }
        (Some(false), false) => {
            "Not protected: when the device runs out of room, the browser may clear Effigy's data, your keys included."
        }
        (None, _) => "This browser does not say whether it keeps the data.",
    };
    view! {
        <section class="panel" aria-labelledby="kept-title">
            <h2 id="kept-title">"Protect from clearing"</h2>
            <p role="status">{words}</p>
            {(!fence::is_kept()).then(|| view! {
                <p>"This browser keeps no note beside your posts. If it lost the newest of them, Effigy would learn of it only from a meeting point or a friend."</p>
            })}
            <Show when=move || kept.get() != Some(true)>
                <button class="button" type="button" on:click=ask>"Ask the browser to keep it"</button>
            </Show>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::share;

    #[test]
    fn what_is_there_can_be_seen() {
        assert_eq!(share(0, 100), 0);
        assert_eq!(share(1, 1_000_000), 1);
        assert_eq!(share(u64::MAX, u64::MAX), 100);
        assert_eq!(share(25, 100), 25);
    }
}
