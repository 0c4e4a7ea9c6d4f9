//! The steps by which a peer connection comes about, one after the other.

use effigy_proto::{Binding, Input, Link, RtcAction, RtcEvent};
use futures_channel::mpsc::{Receiver, Sender};
use futures_util::StreamExt as _;
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcDataChannelInit, RtcIceCandidateInit, RtcPeerConnection, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::channel::{self, Channel};
use super::{Slot, path, sdp};
use crate::inbox::Inbox;

/// Most candidates of the other side that wait for its description.
const EARLY: usize = 64;

/// What is to be done next.
pub(crate) enum Step {
    /// What the engine asked.
    Act(RtcAction),
    /// The channel opened: look where it leads, and announce it.
    Open,
    /// Pass this on to the other side, after the description that goes before it.
    Tell(RtcEvent),
}

/// Says that the channel opened.
pub(crate) fn opener(mut steps: Sender<Step>) -> impl FnMut() + 'static {
    // A sender of one's own has a place of its own in the line.
    move || drop(steps.try_send(Step::Open))
}

/// The connection that is brought about.
pub(crate) struct Steps {
    pub(crate) connection: RtcPeerConnection,
    pub(crate) inbox: Inbox,
    pub(crate) link: Link,
    pub(crate) sender: Sender<Step>,
    pub(crate) slot: Slot,
}

/// Why a step cannot be done: the connection is of no use.
enum Useless {
    /// The browser refused.
    Browser,
    /// The other side's description asks for more than a data channel.
    Description,
    /// The descriptions bind to no certificate.
    Fingerprint,
}

impl From<JsValue> for Useless {
    fn from(_: JsValue) -> Self {
        Self::Browser
    }
}

/// How far the connection is.
#[derive(Default)]
struct Progress {
    dialled: bool,
    /// Candidates that came before the other side's description.
    early: Vec<RtcIceCandidateInit>,
    /// Whether the other side's description is there.
    is_met: bool,
}

impl Steps {
    /// Does steps until one cannot be done.
    pub(crate) async fn run(self, mut steps: Receiver<Step>) {
        let mut progress = Progress::default();
        while let Some(step) = steps.next().await {
            if self.step(step, &mut progress).await.is_err() {
                return self.inbox.closed(self.link);
            }
        }
    }

    async fn step(&self, step: Step, progress: &mut Progress) -> Result<(), Useless> {
        match step {
            Step::Act(RtcAction::Answer { offer }) => {
                self.meet(RtcSdpType::Offer, &offer, progress).await?;
                let answer = settled(self.connection.create_answer()).await?;
                self.describe(RtcSdpType::Answer, &answer).await
            }
            Step::Act(RtcAction::Candidate { candidate, line, mid }) => {
                let init = RtcIceCandidateInit::new(&candidate);
                init.set_sdp_mid(Some(&mid));
                init.set_sdp_m_line_index(Some(line));
                if progress.is_met {
                    self.add(&init).await;
                } else if progress.early.len() < EARLY {
                    progress.early.push(init);
                }
                Ok(())
            }
            Step::Act(RtcAction::Offer) => {
                progress.dialled = true;
                self.open_channel();
                let offer = settled(self.connection.create_offer()).await?;
                self.describe(RtcSdpType::Offer, &offer).await
            }
            Step::Act(RtcAction::TakeAnswer { answer }) => {
                self.meet(RtcSdpType::Answer, &answer, progress).await
            }
            Step::Open => self.announce(progress.dialled).await,
            Step::Tell(event) => {
                self.inbox.tell(self.link, event);
                Ok(())
            }
        }
    }

    fn open_channel(&self) {
        let init = RtcDataChannelInit::new();
        init.set_ordered(true);
        let channel =
            self.connection.create_data_channel_with_data_channel_dict(channel::LABEL, &init);
        let on_open = opener(self.sender.clone());
        *self.slot.borrow_mut() = Some(Channel::new(channel, self.link, &self.inbox, on_open));
    }

    /// Takes the other side's description.
    async fn meet(
        &self,
        kind: RtcSdpType,
        description: &str,
        progress: &mut Progress,
    ) -> Result<(), Useless> {
        if !sdp::is_plain(description) {
            return Err(Useless::Description);
        }
        if sdp::fingerprint(description).is_none() {
            return Err(Useless::Fingerprint);
        }
        let init = RtcSessionDescriptionInit::new(kind);
        init.set_sdp(description);
        settled(self.connection.set_remote_description(&init)).await?;
        progress.is_met = true;
        for candidate in std::mem::take(&mut progress.early) {
            self.add(&candidate).await;
        }
        Ok(())
    }

    /// Takes this side's description, and passes it on. Candidates wait in the line of steps
    /// behind it.
    async fn describe(&self, kind: RtcSdpType, made: &JsValue) -> Result<(), Useless> {
        let made: &RtcSessionDescriptionInit = made.unchecked_ref();
        let init = RtcSessionDescriptionInit::new(kind);
        let description = made.get_sdp().unwrap_or_default();
        init.set_sdp(&description);
        settled(self.connection.set_local_description(&init)).await?;
        self.inbox.tell(self.link, RtcEvent::Description(description));
        Ok(())
    }

    /// Tries one of the other side's addresses. One that is of no use does no harm.
    async fn add(&self, candidate: &RtcIceCandidateInit) {
        let connection = &self.connection;
        let adding = connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(candidate));
        let _ = JsFuture::from(adding).await;
    }

    async fn announce(&self, dialled: bool) -> Result<(), Useless> {
        let local = self.connection.local_description().map(|description| description.sdp());
        let remote = self.connection.remote_description().map(|description| description.sdp());
        let fingerprint = |text: Option<String>| text.as_deref().and_then(sdp::fingerprint);
        let (Some(local), Some(remote)) = (fingerprint(local), fingerprint(remote)) else {
            return Err(Useless::Fingerprint);
        };
        let (first, second) = if local <= remote { (local, remote) } else { (remote, local) };
        let binding = Binding::Fingerprints(first, second);
        let path = path::of(&self.connection).await;
        let link = self.link;
        self.inbox.announce(link, Input::Connected { binding, dialled, link, path });
        Ok(())
    }
}

async fn settled(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}
