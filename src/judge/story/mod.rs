//! Stories: features that changed in the same way, reported once, with the cause as far as it is known.

mod case;
mod change_of;
mod companion;
mod group;
mod kind;
mod moved;
mod reason;
mod run;
mod side;
mod stale;
mod stories;
mod story;
mod story_table;

pub use case::StoryCase;
pub use kind::StoryKind;
pub use reason::{StoryReason, StorySide};
pub use stories::stories;
pub use story::{Member, Story, StoryBlock, StoryBrief};
pub use story_table::StoryTable;
