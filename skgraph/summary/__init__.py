"""What runs reached and what they look like: tables of many, figures of each."""
