//! What can be done with a device.

use effigy_core::Identity;
use effigy_core::text::clean_name;
use effigy_proto::{Command, Refusal};
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, error, task};
use crate::parts::{AskLock, Dialog, LockFirst, Question};

/// Another name for a device.
#[component]
pub(crate) fn Rename(identity: Identity, name: String, open: RwSignal<bool>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let (text, trouble) = (RwSignal::new(name), RwSignal::new(None::<&'static str>));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = clean_name(&text.get_untracked());
        task::run(async move {
            match handle.request(|ticket| Command::RenameDevice { identity, name, ticket }).await {
                Ok(_) => {
                    model.toasts().note("Renamed. Your other devices are told.");
                    open.try_set(false);
                }
                Err(why) => {
                    trouble.try_set(Some(error::not_done(why)));
                }
            }
        });
    };
    view! {
        <Dialog open title="Rename the device">
            <form class="stack" on:submit=save>
                <label>
                    <span class="label">"Name of the device"</span>
                    <input type="text" maxlength="80" dir="auto" autocomplete="off" bind:value=text/>
                </label>
                <p class="fault" role="alert">{trouble}</p>
                <div class="actions">
                    <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button primary" type="submit">"Save"</button>
                </div>
            </form>
        </Dialog>
    }
}

/// Says what it means, once, and removes the device.
#[component]
pub(crate) fn Removal(identity: Identity, name: String, open: RwSignal<bool>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let withheld = RwSignal::new(false);
    let title = Signal::derive({
        let name = name.clone();
        move || format!("Remove \u{201c}{name}\u{201d}?")
    });
    let first = LockFirst::then(Callback::new(move |()| {
        let name = name.clone();
        task::run(async move {
            match handle.request(|ticket| Command::RemoveDevice { identity, ticket }).await {
                Ok(_) => model.toasts().note(format!(
                    "\u{201c}{name}\u{201d} is removed. Friends and meeting points are told."
                )),
                Err(NotDone::Refused(Refusal::Incomplete)) => {
                    withheld.try_set(true);
                }
                Err(why) => model.toasts().trouble(error::not_done(why)),
            }
        });
    }));
    let ask = Callback::new(move |()| first.ask(()));
    view! {
        <Dialog open=withheld title="Not everything of it is here">
            <p>"Somebody says that this device posted more than has come here, and what is not here when it is removed counts for nobody. So nothing was changed. Wait until it has come, and try again."</p>
            <p>"Whoever has the device can also hold that back so that it is not removed. If you fear that, your recovery words remove it at once, with what is here."</p>
            <div class="actions">
                <button class="button" type="button" on:click=move |_| withheld.set(false)>"Wait"</button>
                <a class="button danger" href="#/you/devices/words">"Use my recovery words"</a>
            </div>
        </Dialog>
        <Question open title yes="Remove" act=ask>
            <p>"It can no longer post as you, and reads nothing of what you keep for yourself from now on. The posts of it that are here stay; anything else it posted, or posts now, counts for nobody, whatever date it claims."</p>
            <p>"Lost or stolen? Remove it now. What lies on it stays readable for whoever can unlock it. It can never be added again under the same key; you can link it anew."</p>
        </Question>
        <AskLock first before="the device is removed"/>
    }
}
