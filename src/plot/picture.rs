//! A picture as a list of shapes, drawn once and rendered as SVG and PNG alike.

use super::style::{Colour, Marker, Theme};

/// A point, in points of the picture from its upper left corner.
pub(super) type Point = (f64, f64);

/// What a picture is made of.
#[derive(Clone, Debug)]
pub struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) ground: Colour,
    /// For people who cannot see it.
    pub(super) description: String,
    pub(super) shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Line { points: Vec<Point>, colour: Colour, width: f64 },
    Area { points: Vec<Point>, colour: Colour, opacity: f64 },
    Disc { centre: Point, radius: f64, colour: Colour },
    Text(Text),
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    pub text: String,
    /// On the baseline.
    pub at: Point,
    pub anchor: Anchor,
    pub size: f64,
    pub colour: Colour,
    pub bold: bool,
    /// Reads from below to above.
    pub upward: bool,
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Picture {
    pub(super) fn new(width: f64, height: f64, theme: Theme, description: String) -> Self {
        Self { width, height, ground: theme.ground(), description, shapes: Vec::new() }
    }

    pub(super) fn line(&mut self, points: &[Point], colour: Colour, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points: points.to_vec(), colour, width });
        }
    }

    /// A line cut into strokes; full where `dashes` is empty.
    pub(super) fn dashed_line(&mut self, points: &[Point], colour: Colour, width: f64, dashes: &[f64]) {
        if dashes.is_empty() {
            return self.line(points, colour, width);
        }
        let mut stroke = Vec::new();
        let (mut index, mut left) = (0, dashes[0]);
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let length = libm::hypot(x1 - x0, y1 - y0);
            let mut done = 0.0;
            while done < length {
                let step = left.min(length - done);
                let at = |d: f64| (x0 + (x1 - x0) * d / length, y0 + (y1 - y0) * d / length);
                if index % 2 == 0 {
                    if stroke.is_empty() {
                        stroke.push(at(done));
                    }
                    stroke.push(at(done + step));
                }
                done += step;
                left -= step;
                if left <= 0.0 {
                    self.line(&stroke, colour, width);
                    stroke.clear();
                    index = (index + 1) % dashes.len();
                    left = dashes[index];
                }
            }
        }
        self.line(&stroke, colour, width);
    }

    pub(super) fn area(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area { points, colour, opacity });
        }
    }

    pub(super) fn disc(&mut self, centre: Point, radius: f64, colour: Colour) {
        self.shapes.push(Shape::Disc { centre, radius, colour });
    }

    /// A mark with a hole in the colour of the ground, so that marks over each other can be told apart.
    pub(super) fn marker(&mut self, marker: Marker, centre: Point, colour: Colour, ground: Colour) {
        for (size, colour) in [(5.2, colour), (2.9, ground)] {
            let corners = |corners: &[Point]| {
                corners.iter().map(|(x, y)| (centre.0 + size * x, centre.1 + size * y)).collect::<Vec<_>>()
            };
            match marker {
                Marker::Ring => self.disc(centre, size, colour),
                Marker::Square => {
                    self.area(corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]), colour, 1.0);
                }
                Marker::Triangle => self.area(corners(&[(0.0, -1.3), (1.2, 0.8), (-1.2, 0.8)]), colour, 1.0),
                Marker::Diamond => {
                    self.area(corners(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]), colour, 1.0);
                }
            }
        }
    }

    pub(super) fn text(&mut self, text: &str, at: Point, anchor: Anchor, size: f64, colour: Colour) {
        self.put(Text { text: text.to_owned(), at, anchor, size, colour, bold: false, upward: false });
    }

    pub(super) fn put(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_keep_their_lengths_round_corners() {
        let mut picture = Picture::new(100.0, 100.0, Theme::Light, String::new());
        // 20 long with a corner at 10: strokes 0-8, 12-20 (round the corner at 10 is a gap), ...
        picture.dashed_line(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], Colour(0, 0, 0), 1.0, &[8.0, 4.0]);
        let strokes: Vec<_> = picture
            .shapes
            .iter()
            .map(|shape| match shape {
                Shape::Line { points, .. } => points.clone(),
                _ => Vec::new(),
            })
            .collect();
        assert_eq!(strokes, [vec![(0.0, 0.0), (8.0, 0.0)], vec![(10.0, 2.0), (10.0, 10.0)]]);
    }
}
