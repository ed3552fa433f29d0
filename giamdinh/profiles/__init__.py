"""What is decided on top of the rules: profiles, and the brake on rules that hit too much."""
