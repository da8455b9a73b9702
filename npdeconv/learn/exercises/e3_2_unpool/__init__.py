"""Unpooling: values go back to their switches."""
