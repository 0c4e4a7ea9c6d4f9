//! The icons: strokes on a grid of 24, drawn for this app.

use leptos::prelude::*;

/// A picture for an action or a place. Never alone: its name stands beside it or in the label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Icon {
    Alert,
    Back,
    Bin,
    Block,
    Bubble,
    Camera,
    Check,
    Clock,
    Close,
    Copy,
    Devices,
    Eye,
    File,
    Folder,
    Friends,
    Globe,
    Home,
    Hub,
    Info,
    Key,
    Lock,
    Moon,
    Mute,
    Network,
    Next,
    Paste,
    Pen,
    People,
    Person,
    PersonAdd,
    Picture,
    Play,
    Plus,
    Search,
    Share,
    Storage,
    Up,
    You,
}

impl Icon {
    #[expect(clippy::too_many_lines, reason = "one line an icon, and nothing else")]
    const fn strokes(self) -> &'static str {
        match self {
            Self::Alert => "M12 4 21 19.5H3ZM12 10v4.5M12 17.2v.1",
            Self::Back => "M14.5 5 7.5 12l7 7",
            Self::Bin => "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.2 10.5v6M13.8 10.5v6",
            Self::Block => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12",
            Self::Bubble => "M4 5.5h16v11h-9L6.5 20v-3.500H4Z",
            Self::Camera => {
                "M3.5 8h4l1.5-2.500h6L16.5 8h4v11h-17ZM12 10a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.400Z"
            }
            Self::Check => "m5 12.5 4.5 4.500L19 7.5",
            Self::Clock => "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.500V12l3 2",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Copy => "M8.5 8.500h11v11h-11ZM15.5 8.500v-4h-11v11h4",
            Self::Devices => "M3.5 5.500h12v9h-12ZM6.5 18h6M17.5 9.500h3.500v9h-5v-4",
            Self::Eye => {
                "M2.5 12C5 7.5 8.3 5.5 12 5.500s7 2 9.5 6.500c-2.5 4.5-5.8 6.5-9.5 6.500S5 16.5 2.5 12ZM12 9.200a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.600Z"
            }
            Self::File => "M6 3.500h8l4 4v13H6ZM14 3.500v4h4M9 12h6M9 15.500h6",
            Self::Folder => "M3.5 6h6l2 2.500h9v11h-17Z",
            Self::Friends | Self::People => {
                "M8 5a3.2 3.2 0 1 0 0 6.400A3.2 3.2 0 0 0 8 5ZM2 19c.4-3.6 2.7-5.4 6-5.400s5.6 1.8 6 5.400M16 5.500a2.8 2.8 0 0 1 0 5.500M17.5 13.800c2.5.5 4.1 2.2 4.5 5.2"
            }
            Self::Globe => {
                "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.500c2.5 2.6 3.6 5.4 3.6 8.500s-1.1 5.9-3.6 8.500c-2.5-2.6-3.6-5.4-3.6-8.500s1.1-5.9 3.6-8.500Z"
            }
            Self::Home => "M4 11.2 12 4l8 7.200V20h-5.500v-5.500h-5V20H4Z",
            Self::Hub => {
                "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 9V4M12 20v-5M9.4 13.5 5 16M14.6 13.5 19 16M9.4 10.5 5 8M14.6 10.5 19 8"
            }
            Self::Info => {
                "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 11v5.500M12 7.700v.1"
            }
            Self::Key => {
                "M8 8.500a3.8 3.8 0 1 0 0 7.600A3.8 3.8 0 0 0 8 8.500ZM11.8 12.300H21v3.500M17.5 12.300v3"
            }
            Self::Lock => "M5.5 11h13v9.500h-13ZM8.5 11V7.500a3.5 3.5 0 0 1 7 0V11M12 14.700v2.100",
            Self::Moon => "M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10Z",
            Self::Mute => "M4 9.500h3.500L12 5.500v13l-4.5-4H4ZM15.5 9.500l5 5M20.5 9.500l-5 5",
            Self::Network => {
                "M3 9.500c5.5-5 12.5-5 18 0M6.2 13c3.7-3.2 7.9-3.2 11.6 0M9.3 16.400c1.8-1.5 3.6-1.5 5.4 0M12 19.500v.1"
            }
            Self::Next => "m9.5 5 7 7-7 7",
            Self::Paste => "M8.5 5.500h-3v15h13v-15h-3M8.5 4h7v3.500h-7Z",
            Self::Pen => "M4.5 19.5 5.5 15 16 4.5 19.5 8 9 18.500ZM13.5 7l3.5 3.5",
            Self::Person => {
                "M12 4.500a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.400ZM5 20c.5-4 3-6 7-6s6.5 2 7 6"
            }
            Self::PersonAdd => {
                "M10 4.500a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.400ZM3 20c.5-4 3-6 7-6 2 0 3.6.5 4.8 1.500M18 13v7M14.5 16.500h7"
            }
            Self::Picture => "M3.5 5h17v14h-17ZM3.5 16l5-5 4 4 2.5-2.5 5.5 5M15.5 8.200v.1",
            Self::Play => "M7.5 5v14l11-7Z",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20.5 20.5",
            Self::Share => "M12 15V4M7.5 8 12 3.5 16.5 8M5 12v8h14v-8",
            Self::Storage => {
                "M4.5 6.500c0-1.5 3.4-2.5 7.5-2.500s7.5 1 7.5 2.500S16.1 9 12 9 4.5 8 4.5 6.500ZM4.5 6.500v11c0 1.5 3.4 2.5 7.5 2.500s7.5-1 7.5-2.500v-11M4.5 12c0 1.5 3.4 2.5 7.5 2.500s7.5-1 7.5-2.5"
            }
            Self::Up => "m6 14.5 6-6 6 6",
            Self::You => {
                "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.500a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.400ZM6.5 18.300c1-2.3 2.9-3.3 5.5-3.300s4.5 1 5.5 3.3"
            }
        }
    }
}

/// Draws an icon in the colour of the text around it.
#[component]
pub(crate) fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <path d=icon.strokes()></path>
        </svg>
    }
}
