//! What charts of time are made of.

use maud::{Markup, html};

use super::time::{percent, span, step};

/// How high a row is, in CSS pixels.
pub(super) const ROW: u32 = 18;
/// How high a bar in it is.
pub(super) const BAR: u32 = 12;

/// The marks of time above the rows.
pub(super) fn axis(total: u64) -> Markup {
    let step = step(total);
    html! {
        div .row .axis aria-hidden="true" {
            span {}
            svg width="100%" height=(ROW) {
                @for at in (0..).map(|nth| nth * step).take_while(|at| *at <= total) {
                    @let x = percent(at, total);
                    line .tick x1=(x) x2=(x) y1="12" y2=(ROW) {}
                    @if at < total - total / 20 { text x=(x) y="10" { (span(at)) } }
                }
            }
            span .took {}
        }
    }
}

/// A rectangle from one time to another. Where it has no length it would not be drawn: work is a line
/// then, and all else is left out.
pub(super) fn stretch(
    class: &str,
    from: u64,
    until: u64,
    total: u64,
    (y, height): (u32, u32),
) -> Markup {
    html! {
        @let (x, y2) = (percent(from, total), y + height);
        @if until > from {
            rect class=(class.trim_end()) x=(x) width=(percent(until.saturating_sub(from), total)) y=(y) height=(height) {}
        } @else if class.starts_with("work") {
            line class=(class.trim_end()) x1=(x) x2=(x) y1=(y) y2=(y2) {}
        }
    }
}
