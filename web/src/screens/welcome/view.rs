//! The view of the first start.

use effigy_core::Invite;
use effigy_core::text::clean_name;
use effigy_proto::{Command, Picture};
use leptos::prelude::*;

use crate::app::{Answer, Handle, Model, Route, Router, error, route, task};
use crate::browser::{device, page};
use crate::parts::{FaceField, Glyph, Icon, OtherAccounts};
use crate::screens::{ByBackup, ByFriends, ByWords, LinkThis};

/// The invite that the page was opened with.
fn invited(router: Router) -> Option<Invite> {
    match router.route().get_untracked() {
        Route::Invite(code) => route::invite(&code, &page::origin()).ok(),
        _ => None,
    }
}

/// Makes the account, and follows whoever invited the person. What the opened address asked for is answered by
/// that.
async fn begin(
    handle: Handle,
    name: String,
    picture: RwSignal<Option<Picture>>,
    invite: StoredValue<Option<Invite>>,
    router: Router,
) -> Answer {
    let (picture, invite) = (picture.get_untracked(), invite.get_value());
    let route = router.route().get_untracked();
    let begun = handle.start_account(name, picture, device::name()).await?;
    if let Some(invite) = invite {
        handle.request(|ticket| Command::AcceptInvite { invite, ticket }).await?;
    }
    if matches!(route, Route::Invite(_) | Route::LinkRefused) {
        page::replace("#/");
    }
    Ok(begun)
}

/// A name, perhaps a picture, and one button.
#[component]
pub(crate) fn Welcome() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let router = expect_context::<Router>();
    let invite = StoredValue::new(invited(router));
    let is_invited = invite.with_value(Option::is_some);
    let (name, picture) = (RwSignal::new(String::new()), RwSignal::new(None::<Picture>));
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = clean_name(&name.get_untracked());
        if name.is_empty() {
            trouble
                .set(Some("Please enter a name. Any name will do, and you can change it later."));
            return;
        }
        busy.set(true);
        trouble.set(None);
        task::run(async move {
            let answer = begin(handle, name, picture, invite, router).await;
            if let Err(why) = answer {
                // The form is gone when only the invite failed.
                if trouble.try_set(Some(error::not_done(why))).is_some() {
                    model.toasts().trouble(error::not_done(why));
                }
            } else if is_invited {
                model.toasts().note("You follow each other now. Their posts appear as soon as one of you is reached.");
            }
            busy.try_set(false);
        });
    };
    let has_one = RwSignal::new(false);
    page::set_title("Welcome · Effigy");
    view! {
        <main class="plain welcome">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">{if is_invited { "You are invited to Effigy" } else { "Welcome to Effigy" }}</h1>
            <p class="lead">{if is_invited {
                "Say who you are, and you and the person who sent you this link will see each other's posts."
            } else {
                "Posts and pictures between people, kept on their own devices."
            }}</p>
            <LinkOpened/>
            <Show when=move || !has_one.get() fallback=|| view! { <Elsewhere/> }>
            <form class="stack" on:submit=submit>
                <FaceField chosen=picture otherwise=|| view! { <Glyph icon=Icon::Person/> }/>
                <label>
                    <span class="label">"Your name"</span>
                    <input type="text" autocomplete="nickname" maxlength="80" dir="auto" bind:value=name/>
                </label>
                <p class="fault" role="alert">{trouble}</p>
                <button class="button primary wide" type="submit" disabled=busy>
                    {move || if busy.get() { "Starting…" } else { "Start" }}
                </button>
            </form>
            </Show>
            <button class="quiet" type="button" on:click=move |_| has_one.update(|has| *has = !*has)>
                {move || if has_one.get() { "I am new here" } else { "I already have an account" }}
            </button>
            <OtherAccounts/>
        </main>
    }
}

/// Said to whoever opened a link for linking a device: nothing comes of it by itself.
#[component]
fn LinkOpened() -> impl IntoView {
    let route = expect_context::<Router>().route();
    view! {
        <Show when=move || route.get() == Route::LinkRefused>
            <div class="notice" data-notice="refused">
                <Glyph icon=Icon::Alert/>
                <p>"You opened a link for linking a device. Opening it does nothing. If this device is to be yours, choose below that you have an account, and paste the link there. If somebody sent it to you, do not use it."</p>
            </div>
        </Show>
    }
}

/// The ways to an account that is elsewhere.
#[component]
fn Elsewhere() -> impl IntoView {
    view! { <LinkThis/><ByWords/><ByFriends/><ByBackup/> }
}
