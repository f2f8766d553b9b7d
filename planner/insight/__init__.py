"""What people ask before and after a plan: what there is to do, and why."""
